"""The exchange of notices: what an instance does with each message, and what it sends; every step is kept before it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from sekisho.travel_rule.ivms101 import Authorities, judge
from sekisho.travel_rule.required import missing
from sekisho.travel_rule.trp import messages
from sekisho.travel_rule.trp.messages import Approval, Asset, Confirmation, Inquiry, MessageError, Resolution
from sekisho.travel_rule.trp.store import (
    APPROVED,
    CANCELLED,
    CONFIRMED,
    INQUIRY,
    RECEIVED,
    REJECTED,
    SENT,
    Notice,
    Store,
    StoreError,
)
from sekisho.travel_rule.trp.travel_address import LOOPBACK, url_of


class ExchangeError(Exception):
    """The other side could not be reached, or answered what the protocol does not know: who, what, what to do."""


class RefusedError(Exception):
    """A message is turned away with an HTTP status and a line that holds nothing personal."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Destination(msgspec.Struct, frozen=True):
    """Where a travel address leads: a customer's account, and the address at which coins for it are taken."""

    account_id: str
    address: str
    asset: str | None = None


class Outgoing(msgspec.Struct, frozen=True):
    """A notice to be sent about one of the firm's transfers."""

    travel_address: str
    asset: Asset
    amount: Decimal
    payload: dict[str, Any]
    transfer_id: str | None = None
    vasp_id: str | None = None
    role: str = "for_customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One instance: its store, the address under which others reach it, and how it answers.

    ``peers`` names operators by host; where there are any, all others are turned away. ``answers`` is ``held`` (a person resolves
    an inquiry) or ``auto`` (complete and sound inquiries about a known customer are approved at once).
    """

    store: Store
    url: str
    client: httpx.Client
    token: Callable[[], str]
    authorities: Authorities | None = None
    peers: Mapping[str, str] = field(default_factory=dict)
    answers: str = "held"
    plain_http: bool = False

    def new_address(self, destination: Destination, at: datetime) -> str:
        """The URL of a new travel address for a customer."""
        token = self.token()
        self.store.add_address(token, msgspec.json.encode(destination), at)
        return f"{self.url}/transfers/{token}?t=i"

    # What comes in.

    def receive_inquiry(self, token: str, request_id: str, body: bytes, at: datetime) -> Resolution:
        """Take an inquiry and answer it; the same one again gets the same answer. Raises RefusedError, ConflictError."""
        destination = self._destination(token)
        inquiry = _understood(messages.read_inquiry, body)
        peer = self._peer(inquiry.callback)
        notice = Notice(
            side=RECEIVED,
            peer=peer,
            request_id=request_id,
            token=self.token(),
            asset=inquiry.asset.name,
            amount=str(inquiry.amount),
            vasp_id=self.peers.get(peer),
            callback=inquiry.callback,
        )
        notice, entered = self.store.begin(notice, body, at)
        if entered:
            wrong = self.faults(inquiry.IVMS101, at)
            if wrong:
                self._resolve(notice, Resolution(rejected=f"IVMS101: {wrong}"), at)
            elif self.answers == "auto":
                self._resolve(notice, self._approval(notice, destination.address), at)
        return self._answer(notice)

    def receive_resolution(self, token: str, body: bytes, at: datetime) -> None:
        """Take the resolution of an inquiry that was sent. Raises RefusedError, StoreError."""
        notice = self._of(token, SENT)
        self._take(notice, _understood(messages.read_resolution, body), body, at)

    def receive_confirmation(self, token: str, body: bytes, at: datetime) -> None:
        """Take the confirmation, or the cancellation, of a transfer. Raises RefusedError, StoreError."""
        notice = self._of(token, RECEIVED)
        told = _understood(messages.read_confirmation, body)
        if told.txid is None:
            self.store.advance(notice, CANCELLED, body, at)
        else:
            self.store.advance(notice, CONFIRMED, body, at, txid=told.txid)

    # What goes out.

    def send(self, outgoing: Outgoing, request_id: str, at: datetime) -> Notice:
        """Send an inquiry; one that was entered before is sent again as it stands. Raises ExchangeError, TravelAddressError."""
        url = url_of(outgoing.travel_address, plain_http=self.plain_http)
        peer = self._named(url)
        wrong = self.faults(outgoing.payload, at)
        if wrong:
            raise ExchangeError(f"not sent: the payload has faults: {wrong}; 'sekisho travel-rule validate' says where")
        token = self.token()
        known = [one for one in self.store.notices(request_id) if one.side == SENT and one.peer == peer]
        if known:
            notice, content = known[0], self.store.content(known[0], INQUIRY)
            assert content is not None
        else:
            content = messages.written(
                Inquiry(outgoing.asset, outgoing.amount, f"{self.url}/resolutions/{token}", outgoing.payload)
            )
            notice = Notice(
                side=SENT,
                peer=peer,
                request_id=request_id,
                token=token,
                asset=outgoing.asset.name,
                amount=str(outgoing.amount),
                vasp_id=outgoing.vasp_id or self.peers.get(peer),
                transfer_id=outgoing.transfer_id,
                role=outgoing.role,
            )
            self.store.begin(notice, content, at)
        answer = self._post(url, request_id, content)
        resolution = _answered(peer, answer)
        if resolution.approved is not None or resolution.rejected is not None:
            self._take(notice, resolution, answer, at)
        return self.store.get(*notice.key)

    def resolve(self, notice: Notice, resolution: Resolution, at: datetime) -> None:
        """Answer an inquiry that was received: kept first, then sent. May be repeated until it arrives."""
        self._resolve(notice, resolution, at)
        assert notice.callback is not None
        self._post(notice.callback, notice.request_id, messages.written(resolution))

    def approval(self, notice: Notice, address: str) -> Resolution:
        """The approval of a notice: where the coins are to go, and where the confirmation."""
        return self._approval(notice, address)

    def confirm(self, notice: Notice, confirmation: Confirmation, at: datetime) -> None:
        """Tell the other side which transaction it is, or that there is none: kept first, then sent."""
        body = messages.written(confirmation)
        if confirmation.txid is None:
            self.store.advance(notice, CANCELLED, body, at)
        else:
            self.store.advance(notice, CONFIRMED, body, at, txid=confirmation.txid)
        callback = self.store.get(*notice.key).callback
        if callback is not None:
            self._post(callback, notice.request_id, body)

    def faults(self, payload: dict[str, Any], at: datetime) -> str:
        """What is wrong with a payload, by constraint ids and names of items alone; empty for nothing."""
        judged = judge(payload, as_of=at.date(), authorities=self.authorities)
        ids = sorted({issue.constraint for issue in judged.issues})
        return ", ".join([*ids, *missing(payload)])

    def _take(self, notice: Notice, resolution: Resolution, body: bytes, at: datetime) -> None:
        if resolution.approved is not None:
            if self._named(resolution.approved.callback) != notice.peer:
                raise RefusedError(403, "the callback is on another host than the inquiry's")
            self.store.advance(notice, APPROVED, body, at, callback=resolution.approved.callback)
        elif resolution.rejected is not None:
            self.store.advance(notice, REJECTED, body, at)

    def _resolve(self, notice: Notice, resolution: Resolution, at: datetime) -> None:
        step = APPROVED if resolution.approved is not None else REJECTED
        self.store.advance(notice, step, messages.written(resolution), at)

    def _approval(self, notice: Notice, address: str) -> Resolution:
        return Resolution(approved=Approval(address, f"{self.url}/confirmations/{notice.token}"))

    def _answer(self, notice: Notice) -> Resolution:
        """The resolution of a notice that was received, as far as there is one."""
        for step in (APPROVED, REJECTED):
            content = self.store.content(notice, step)
            if content is not None:
                resolution = messages.read_resolution(content)
                return Resolution(approved=resolution.approved, rejected=resolution.rejected, version=messages.API_VERSION)
        return Resolution(version=messages.API_VERSION)

    def _destination(self, token: str) -> Destination:
        content = self.store.address(token)
        if content is None:
            raise RefusedError(404, "no such travel address")
        return msgspec.json.decode(content, type=Destination)

    def _of(self, token: str, side: str) -> Notice:
        notice = self.store.by_token(token)
        if notice is None or notice.side != side:
            raise RefusedError(404, "no such request")
        return notice

    def _peer(self, url: str) -> str:
        """The host that sent a message, by its callback; turned away where it is none of the peers."""
        host = self._named(url)
        if self.peers and host not in self.peers:
            raise RefusedError(403, "this operator is not known here")
        return host

    def _named(self, url: str) -> str:
        """The host and port of a URL; only https, or plain http to this machine where that is allowed."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
            port = parts.port
        except ValueError:
            raise RefusedError(400, "the callback is no URL") from None
        plain = self.plain_http and parts.scheme == "http" and host in LOOPBACK
        if not host or not (parts.scheme == "https" or plain) or parts.username is not None:
            raise RefusedError(400, "the callback is no https URL")
        return host if port is None else f"{host}:{port}"

    def _post(self, url: str, request_id: str, body: bytes) -> bytes:
        headers = {
            messages.VERSION_HEADER: messages.API_VERSION,
            messages.REQUEST_HEADER: request_id,
            "content-type": "application/json",
        }
        try:
            answer = self.client.post(url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise ExchangeError(f"{urlsplit(url).netloc} cannot be reached: {type(error).__name__}; try again later") from None
        if answer.status_code not in (200, 204):
            raise ExchangeError(f"{urlsplit(url).netloc} answered {answer.status_code}: {answer.text[:200]}")
        return answer.content


def _understood(read: Callable[[bytes], Any], body: bytes) -> Any:
    try:
        return read(body)
    except MessageError as error:
        raise RefusedError(400, str(error)) from None


def _answered(peer: str, answer: bytes) -> Resolution:
    try:
        return messages.read_resolution(answer)
    except MessageError as error:
        raise ExchangeError(f"{peer} answered what is no resolution: {error}") from None


__all__ = ["Destination", "Exchange", "ExchangeError", "Outgoing", "RefusedError", "StoreError"]
