"""The case a held or refused request opens: everything a report of a suspicious transaction would have to say, and what is missing.

The items are those of the Order for the Act on Prevention of Transfer of Criminal Proceeds, Art. 16(2)(i) to (vii). Whether
anything is suspicious is for people to judge; a case is no accusation, and the client learns nothing of it (Act Art. 8(4)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final

import msgspec

from sekisho.engine.requests import PastEvent, PastTransfer, TransferRequest
from sekisho.gate.entries import CaseRecord, Decided, Planned
from sekisho.gate.messages import Said, encode, kind_of, request_id
from sekisho.gate.rendering import case_id, decision_id
from sekisho.gate.state import State

LOOKBACK: Final = timedelta(days=90)
"""How far back the client's own transfers and events are put into the case."""
ROWS_MAX: Final = 20
"""At most so many of the latest transfers and events stand in the case; the rest is in the journal."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the report: where the law asks for it, what the gate knows of it, and what somebody must add."""

    provision: str
    asks: Said
    known: Mapping[str, Any]
    missing: tuple[str, ...] = ()


class GateCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case opened by the gate. ``items`` follow the report; ``client_text`` is all the client was told."""

    case_id: str
    request_id: str
    opened_at: datetime
    decision_id: str
    outcome: str
    items: tuple[Item, ...]
    client_text: Said | None
    confidential: Said


_OF_TRANSFER: Final = (
    "direction",
    "asset",
    "network",
    "quantity",
    "value_jpy",
    "address",
    "address_tag",
    "counterparty",
    "counterparty_vasp",
    "counterparty_country",
    "payee_site",
)
_OF_ORDER: Final = ("instrument", "side", "order_type", "quantity", "price", "product", "leverage")
_OF_ACCOUNT: Final = ("party_id", "kind", "opened_at", "experience", "net_worth_jpy", "income_jpy")
_OF_PARTY: Final = ("country", "born_on", "registered_on")
CONFIDENTIAL: Final = Said(
    "Whether a report is to be filed or was filed must not be told to the client or anybody close to the client "
    "(Act on Prevention of Transfer of Criminal Proceeds, Art. 8(4)).",
    "届出を行おうとすること又は行ったことを顧客等又はその者の関係者に漏らしてはならない（犯罪収益移転防止法第8条第4項）。",
)
_ASKS: Final[tuple[tuple[str, Said], ...]] = (
    ("16(2)(i)", Said("Name and address of the firm that reports", "届出を行う特定事業者の名称及び所在地")),
    ("16(2)(ii)", Said("Date and place of the transaction", "対象取引が発生した年月日及び場所")),
    ("16(2)(iii)", Said("Business in which it arose", "対象取引が発生した業務の内容")),
    ("16(2)(iv)", Said("The property concerned", "対象取引に係る財産の内容")),
    (
        "16(2)(v)",
        Said(
            "What is known of the client under Art. 4(1) of the Act: identity, purpose, occupation or business, beneficial owner",
            "法第4条第1項各号に掲げる事項（本人特定事項、取引を行う目的、職業・事業の内容、実質的支配者）",
        ),
    ),
    ("16(2)(vi)", Said("Why it is reported", "届出を行う理由")),
    ("16(2)(vii)", Said("Whatever else the ministry's ordinance asks for", "その他主務省令で定める事項")),
)


def open_case(number: int, decided: Decided, planned: Planned, state: State) -> CaseRecord:
    """The case about a request as the gate knows it at the moment of the decision."""
    about = request_id(decided.request)
    known: tuple[dict[str, Any], ...] = (
        {},
        _when(decided),
        {"business": "crypto-asset exchange business (暗号資産交換業)", "request": kind_of(decided.request)},
        _property(decided),
        _client(decided, state),
        _reasons(decided, planned),
        _around(decided, state),
    )
    missing = (
        ("name", "address"),
        ("place",),
        (),
        (),
        _missing_of_client(known[4]),
        ("the reporting officer's own judgement",),
        ("items of the form (the form itself is not in the rulebook)",),
    )
    case = _Sent(
        case_id=case_id(about),
        request_id=about,
        opened_at=decided.decided_at,
        decision_id=decision_id(number),
        outcome=decided.outcome,
        items=tuple(map(_item, _HEADS, known, missing)),
        client_text=decided.client_text,
        confidential=_CONFIDENTIAL,
    )
    return CaseRecord(case.case_id, about, decided.decided_at.isoformat(), number, encode(case))


class _Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A GateCase on its way to the store: the same fields, those that are the same in every case written already."""

    case_id: str
    request_id: str
    opened_at: datetime
    decision_id: str
    outcome: str
    items: tuple[msgspec.Raw, ...]
    client_text: Said | None
    confidential: msgspec.Raw


assert _Sent.__struct_fields__ == GateCase.__struct_fields__
_CONFIDENTIAL: Final = msgspec.Raw(encode(CONFIDENTIAL))
_HEADS: Final = tuple(
    b'{"provision":%s,"asks":%s,"known":' % (encode(f"APTCP_ORDER {provision}"), encode(asks)) for provision, asks in _ASKS
)
assert Item.__struct_fields__ == ("provision", "asks", "known", "missing")


def _item(head: bytes, known: Mapping[str, Any], missing: tuple[str, ...]) -> msgspec.Raw:
    """An Item as JSON."""
    return msgspec.Raw(b"".join((head, encode(known), b',"missing":', encode(missing), b"}")))


def _in_order(kind: type[Any]) -> Callable[[Any], msgspec.Struct]:
    """Makes of a row something that is written with its columns in the order of their names, as a dict is."""
    names = sorted(kind._fields)
    row = msgspec.defstruct(kind.__name__, names)
    place = itemgetter(*(kind._fields.index(name) for name in names))
    return lambda one: row(*place(one))


_transfer, _event = _in_order(PastTransfer), _in_order(PastEvent)


def _when(decided: Decided) -> dict[str, Any]:
    return {"decided_at": decided.decided_at, "request": encode_plain(decided.request)}


def encode_plain(message: Any) -> Any:
    """A message as plain values."""
    return msgspec.to_builtins(message, builtin_types=(datetime,))


def _property(decided: Decided) -> dict[str, Any]:
    names = _OF_TRANSFER if isinstance(decided.request, TransferRequest) else _OF_ORDER
    return {name: getattr(decided.request, name) for name in names}


def _client(decided: Decided, state: State) -> dict[str, Any]:
    request = decided.request
    known: dict[str, Any] = {"account_id": request.account_id, "purpose": getattr(request, "purpose", None)}
    with suppress(KeyError):
        account = state.memory.account(request.account_id)
        known |= {name: getattr(account, name) for name in _OF_ACCOUNT}
        party = state.memory.party(account.party_id)
        known |= {"party_kind": party.kind} | {name: getattr(party, name) for name in _OF_PARTY}
    return known


def _missing_of_client(known: Mapping[str, Any]) -> tuple[str, ...]:
    """What Art. 4(1) asks for and the gate, which keeps no names, never has; and what it could have and does not."""
    lacks = ["name", "address of residence or head office", "occupation or business", "beneficial owner (of a company)"]
    return (*lacks, *(name for name in ("party_id", "born_on", "purpose") if known.get(name) is None))


def _reasons(decided: Decided, planned: Planned) -> dict[str, Any]:
    return {
        "outcome": decided.outcome,
        "reasons": [
            {"rule": planned.cards[one.card].rule, "sentence": one.sentence, "text": one.text, "facts": one.facts}
            for one in decided.said
            if one.outcome != "allow"
        ],
        "people": list(decided.acts),
    }


def _around(decided: Decided, state: State) -> dict[str, Any]:
    """What the client did before, and who else dealt with the address."""
    request, since = decided.request, decided.decided_at - LOOKBACK
    memory = state.memory
    transfers, events = memory.transfers(request.account_id, since), memory.events(request.account_id, since)
    around: dict[str, Any] = {
        "since": since,
        "transfers": len(transfers),
        "latest_transfers": [_transfer(one) for one in transfers[-ROWS_MAX:]],
        "account_events": len(events),
        "latest_account_events": [_event(one) for one in events[-ROWS_MAX:]],
        "holdings": dict(memory.holdings(request.account_id)),
    }
    if isinstance(request, TransferRequest):
        with_address = memory.transfers_with(request.address, since)
        around["accounts_with_address"] = sorted({one.account_id for one in with_address})[:ROWS_MAX]
    return around
