"""``sekisho travel-rule serve|send|resolve|confirm|notices …``: exchange notices with other operators over TRP."""

from __future__ import annotations

import json
import secrets
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import typer

from sekisho.records import TABLES, RecordsError, open_records
from sekisho.travel_rule.ivms101 import AuthoritiesError, find_authorities
from sekisho.travel_rule.trp.exchange import Destination, Exchange, ExchangeError, Outgoing, RefusedError
from sekisho.travel_rule.trp.messages import Asset, Confirmation, Resolution
from sekisho.travel_rule.trp.records import match_transfers, notice_rows
from sekisho.travel_rule.trp.store import INQUIRY, RECEIVED, SENT, Notice, Store, StoreError
from sekisho.travel_rule.trp.travel_address import TravelAddressError, travel_address
from sekisho.travel_rule.trp.vault import VaultError, add_key, open_vault

_TOKEN_BYTES = 24
_SECONDS = 30
_TABLE = "travel_rule_notice"

_Store = Annotated[Path, typer.Option("--store", help="SQLite file of the notices; made where there is none.")]
_Keys = Annotated[Path | None, typer.Option("--keys", help="Key file; default: the variable SEKISHO_TRAVEL_RULE_KEYS.")]
_Url = Annotated[str, typer.Option("--url", help="Base URL under which other operators reach this instance.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_Peer = Annotated[
    list[str] | None, typer.Option("--peer", help="NAME=HOST of an operator known here; with any, all others are turned away.")
]
_PlainHttp = Annotated[bool, typer.Option("--plain-http", help="Plain http towards this machine, for trials alone.")]
_Certificate = Annotated[Path | None, typer.Option("--cert", help="This instance's certificate, PEM.")]
_Key = Annotated[Path | None, typer.Option("--cert-key", help="The certificate's private key, PEM.")]
_Ca = Annotated[Path | None, typer.Option("--ca", help="Authority whose certificates other operators must show, PEM.")]


@contextmanager
def _faults(what: str) -> Iterator[None]:
    """What the world sends wrongly becomes one line and exit status 2."""
    try:
        yield
    except (VaultError, StoreError, ExchangeError, RefusedError, TravelAddressError, AuthoritiesError) as error:
        raise RecordsError(f"travel-rule {what}", str(error), "") from None


def keys_command(file: Annotated[Path, typer.Argument(help="Key file; made where there is none.")]) -> None:
    """Add a new key to a key file: the last one seals, the others still open. Keep the file away from the store."""
    with _faults("keys"):
        typer.echo(f"{file}: key {add_key(file)} seals from now on")


def reseal_command(store: _Store, keys: _Keys = None) -> None:
    """Seal everything anew under the last key, so that older keys can go."""
    with _faults("reseal"):
        typer.echo(f"{Store(store, open_vault(keys)).reseal()} contents sealed anew")


def address_command(
    account: Annotated[str, typer.Option("--account", help="The customer's account.")],
    address: Annotated[str, typer.Option("--address", help="The address at which coins for it are taken.")],
    store: _Store,
    url: _Url,
    keys: _Keys = None,
    asset: Annotated[str | None, typer.Option("--asset", help="The only asset taken there.")] = None,
    as_json: _Json = False,
) -> None:
    """Make a travel address for a customer, to be given to whoever sends coins. It holds nothing personal."""
    with _faults("address"), _exchange(store, keys, url) as exchange:
        made = exchange.new_address(Destination(account, address, asset), _now())
        told = {"travel_address": travel_address(made), "url": made}
        typer.echo(json.dumps(told, indent=2) if as_json else told["travel_address"])


def serve_command(
    store: _Store,
    url: _Url,
    keys: _Keys = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.", min=1, max=65535)] = 8443,
    answers: Annotated[
        str, typer.Option("--answers", help="held: a person resolves; auto: sound and complete inquiries are approved at once.")
    ] = "held",
    name: Annotated[str, typer.Option("--name", help="Legal name told to other operators.")] = "",
    lei: Annotated[str, typer.Option("--lei", help="LEI told to other operators.")] = "",
    peer: _Peer = None,
    authorities: Annotated[Path | None, typer.Option("--authorities", help="GLEIF Registration Authorities List.")] = None,
    cert: _Certificate = None,
    cert_key: _Key = None,
    ca: _Ca = None,
    plain_http: _PlainHttp = False,
) -> None:
    """Take inquiries, resolutions and confirmations of other operators over TRP 3.2.1.

    With --ca other operators must show a certificate of that authority (mutual TLS). Nothing personal is logged.
    """
    import uvicorn  # with Litestar half a second, which other commands need not wait for

    from sekisho.travel_rule.trp.server import app

    if answers not in ("held", "auto"):
        raise RecordsError("travel-rule serve --answers", f"{answers!r} is not known", "choose held or auto")
    with _faults("serve"), _exchange(store, keys, url, peer, cert, cert_key, ca, plain_http, answers, authorities) as exchange:
        identity = {"name": name, "lei": lei} | ({"x509": cert.read_text("ascii")} if cert is not None else {})
        uvicorn.run(
            app(exchange, _now, {key: value for key, value in identity.items() if value}),
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            ssl_certfile=cert,
            ssl_keyfile=cert_key,
            ssl_ca_certs=None if ca is None else str(ca),
            ssl_cert_reqs=ssl.CERT_NONE if ca is None else ssl.CERT_REQUIRED,
        )


def send_command(
    payload: Annotated[Path, typer.Argument(help="The IVMS101 payload, JSON.")],
    to: Annotated[str, typer.Option("--to", help="Travel address of the beneficiary.")],
    asset: Annotated[str, typer.Option("--asset", help="Symbol or number of SLIP-0044, or DTI:… for a Digital Token Identifier.")],
    amount: Annotated[str, typer.Option("--amount", help="Quantity, with all its digits.")],
    store: _Store,
    url: _Url,
    transfer: Annotated[str | None, typer.Option("--transfer", help="The transfer_id it is about.")] = None,
    vasp: Annotated[str | None, typer.Option("--vasp", help="The operator, as transfer.counterparty_vasp names it.")] = None,
    relay: Annotated[bool, typer.Option("--relay", help="The coins are passed on for another operator.")] = False,
    request_id: Annotated[str | None, typer.Option("--request-id", help="Send an earlier request again.")] = None,
    keys: _Keys = None,
    peer: _Peer = None,
    cert: _Certificate = None,
    cert_key: _Key = None,
    ca: _Ca = None,
    plain_http: _PlainHttp = False,
    as_json: _Json = False,
) -> None:
    """Send an inquiry: who sends what to whom. A payload with faults or without a required item is not sent."""
    with _faults("send"), _exchange(store, keys, url, peer, cert, cert_key, ca, plain_http) as exchange:
        outgoing = Outgoing(
            travel_address=to,
            asset=Asset(dti=asset.removeprefix("DTI:")) if asset.startswith("DTI:") else Asset(slip0044=asset),
            amount=_quantity(amount),
            payload=_payload(payload),
            transfer_id=transfer,
            vasp_id=vasp,
            role="to_relay" if relay else "for_customer",
        )
        _told(exchange.send(outgoing, request_id or str(uuid.uuid4()), _now()), as_json)


def resolve_command(
    request_id: Annotated[str, typer.Argument(help="The request to answer.")],
    store: _Store,
    url: _Url,
    approve: Annotated[str | None, typer.Option("--approve", help="Approve; the coins are taken at this address.")] = None,
    reject: Annotated[str | None, typer.Option("--reject", help="Reject, with a comment that names nobody.")] = None,
    keys: _Keys = None,
    cert: _Certificate = None,
    cert_key: _Key = None,
    ca: _Ca = None,
    plain_http: _PlainHttp = False,
    as_json: _Json = False,
) -> None:
    """Answer an inquiry that waits: --approve ADDRESS or --reject COMMENT. May be repeated until it arrives."""
    if (approve is None) == (reject is None):
        raise RecordsError("travel-rule resolve", "one answer is needed", "give --approve ADDRESS or --reject COMMENT")
    with _faults("resolve"), _exchange(store, keys, url, None, cert, cert_key, ca, plain_http) as exchange:
        notice = _one(exchange.store, request_id, RECEIVED)
        resolution = exchange.approval(notice, approve) if approve is not None else Resolution(rejected=reject)
        exchange.resolve(notice, resolution, _now())
        _told(exchange.store.get(*notice.key), as_json)


def confirm_command(
    request_id: Annotated[str, typer.Argument(help="The request whose transfer was made.")],
    store: _Store,
    url: _Url,
    txid: Annotated[str | None, typer.Option("--txid", help="Transaction on the chain.")] = None,
    cancel: Annotated[str | None, typer.Option("--cancel", help="There will be none: why, naming nobody.")] = None,
    keys: _Keys = None,
    cert: _Certificate = None,
    cert_key: _Key = None,
    ca: _Ca = None,
    plain_http: _PlainHttp = False,
    as_json: _Json = False,
) -> None:
    """Tell the other operator which transaction it is, or that there is none. May be repeated until it arrives."""
    if (txid is None) == (cancel is None):
        raise RecordsError("travel-rule confirm", "one of two is needed", "give --txid or --cancel")
    with _faults("confirm"), _exchange(store, keys, url, None, cert, cert_key, ca, plain_http) as exchange:
        notice = _one(exchange.store, request_id, SENT)
        exchange.confirm(notice, Confirmation(txid=txid, canceled=cancel), _now())
        _told(exchange.store.get(*notice.key), as_json)


def notices_command(
    store: _Store,
    keys: _Keys = None,
    request_id: Annotated[str | None, typer.Option("--request-id", help="Only this request.")] = None,
    show: Annotated[str | None, typer.Option("--show", help="Show payloads to this reader; that they were read is kept.")] = None,
    records: Annotated[
        Path | None, typer.Option("--records", help="Records folder: match with its transfers, and write travel_rule_notice there.")
    ] = None,
    readings: Annotated[bool, typer.Option("--readings", help="Who read which payload, instead.")] = False,
    as_json: _Json = False,
) -> None:
    """List notices sent and received, match them with transfers, and hand them to gate and inspection as records."""
    with _faults("notices"):
        kept = Store(store, open_vault(keys))
        if readings:
            typer.echo(json.dumps(kept.readings(), ensure_ascii=False, indent=2))
            return
        matched = None if records is None else _hand_over(kept, records)
        told = [_notice_json(kept, notice, show) for notice in kept.notices(request_id)]
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for one in told:
        typer.echo(f"{one['side']}  {one['request_id']}  {one['peer']}  {one['amount']} {one['asset']}  {one['state']}")
        if show is not None:
            typer.echo(json.dumps(one["payload"], ensure_ascii=False, indent=2))
    if matched is not None:
        typer.echo(f"{matched} matched with transfers; {records}/{_TABLE}.parquet written")


def _hand_over(store: Store, folder: Path) -> int:
    """Match notices with the transfers of a records folder, and write them there as a table, whole or not at all."""
    with open_records(folder) as records:
        matched = match_transfers(store, records)
    table = pa.Table.from_pylist(list(notice_rows(store)), schema=TABLES[_TABLE].arrow_schema)
    part = folder / f".{_TABLE}.part"
    pq.write_table(table, part)
    part.chmod(0o600)
    part.replace(folder / f"{_TABLE}.parquet")
    return matched


def _notice_json(store: Store, notice: Notice, reader: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "side": notice.side,
        "request_id": notice.request_id,
        "peer": notice.peer,
        "vasp_id": notice.vasp_id,
        "asset": notice.asset,
        "amount": notice.amount,
        "role": notice.role,
        "state": notice.state,
        "transfer_id": notice.transfer_id,
        "txid": notice.txid,
        "steps": [{"step": step, "occurred_at": at.isoformat()} for step, at in store.steps(notice)],
    }
    if reader is not None:
        content = store.read(notice, INQUIRY, reader, _now())
        told["payload"] = None if content is None else json.loads(content)["IVMS101"]
    return told


@contextmanager
def _exchange(
    store: Path,
    keys: Path | None,
    url: str,
    peer: list[str] | None = None,
    cert: Path | None = None,
    cert_key: Path | None = None,
    ca: Path | None = None,
    plain_http: bool = False,
    answers: str = "held",
    authorities: Path | None = None,
) -> Iterator[Exchange]:
    """An instance as the options describe it; its HTTP client follows no redirect and shows its certificate where there is one."""
    with httpx.Client(verify=_tls(cert, cert_key, ca), timeout=_SECONDS, follow_redirects=False) as client:
        yield Exchange(
            store=Store(store, open_vault(keys)),
            url=url.rstrip("/"),
            client=client,
            token=lambda: secrets.token_urlsafe(_TOKEN_BYTES),
            authorities=find_authorities(authorities),
            peers=_peers(peer),
            answers=answers,
            plain_http=plain_http,
        )


def _tls(cert: Path | None, cert_key: Path | None, ca: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
        if cert is not None:
            context.load_cert_chain(cert, cert_key)
    except (OSError, ssl.SSLError) as error:
        raise ExchangeError(f"certificate cannot be used: {error}; give PEM files with --cert, --cert-key and --ca") from None
    return context


def _peers(stated: list[str] | None) -> dict[str, str]:
    peers = {}
    for entry in stated or ():
        name, equals, host = entry.rpartition("=")
        if not (name and equals and host):
            raise RecordsError("travel-rule --peer", f"{entry!r} is not NAME=HOST", "write such as Harbour=trp.harbour.example")
        peers[host] = name
    return peers


def _one(store: Store, request_id: str, side: str) -> Notice:
    found = [notice for notice in store.notices(request_id) if notice.side == side]
    if len(found) != 1:
        raise StoreError(f"{len(found)} notices {side} have request {request_id}; 'sekisho travel-rule notices' lists them")
    return found[0]


def _told(notice: Notice, as_json: bool) -> None:
    told = {"request_id": notice.request_id, "peer": notice.peer, "state": notice.state, "transfer_id": notice.transfer_id}
    typer.echo(json.dumps(told, indent=2) if as_json else f"{notice.request_id}: {notice.state}")


def _quantity(text: str) -> Decimal:
    try:
        quantity = Decimal(text)
    except InvalidOperation:
        quantity = Decimal(0)
    if not quantity.is_finite() or quantity <= 0:
        raise RecordsError("travel-rule send --amount", f"{text!r} is no quantity above zero", "write such as 0.015")
    return quantity


def _payload(file: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError) as error:
        raise RecordsError(str(file), f"is no JSON object: {error}", "give an IVMS101 payload") from None


def _now() -> datetime:
    return datetime.now(UTC)


def add_to(app: typer.Typer) -> None:
    """Put the commands beside ``validate``."""
    for name, command in (
        ("keys", keys_command),
        ("reseal", reseal_command),
        ("address", address_command),
        ("serve", serve_command),
        ("send", send_command),
        ("resolve", resolve_command),
        ("confirm", confirm_command),
        ("notices", notices_command),
    ):
        app.command(name)(command)
