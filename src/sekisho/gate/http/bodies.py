"""What a caller may send: the words of a request, exact amounts, times with their zone, and nothing else.

JSON is read strictly. A key that stands twice, an unknown field, a number where an exact amount belongs, a time without zone,
a control character or a body nested too deeply is refused with the field's name: two readers must never understand one request
in two ways.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import msgspec

from sekisho.engine.requests import OrderRequest, TransferRequest
from sekisho.gate.http.problems import Problem
from sekisho.gate.messages import TOLD

NESTING_MAX: Final = 32
BATCH_MAX: Final = 500

_AMOUNT: Final = r"^[0-9]{1,20}(\.[0-9]{1,18})?$"
Id = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}$",
        description="Your id: letters, digits and . _ : ~ - (up to 128), as it stands in an address.",
    ),
]
Name = Annotated[str, msgspec.Meta(pattern=r"^\S{1,128}$", description="An id of your books, without spaces (up to 128).")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Amount = Annotated[
    str,
    msgspec.Meta(pattern=_AMOUNT, description="An exact amount as a string: up to 20 digits, and up to 18 after the point."),
]
Moment = Annotated[datetime, msgspec.Meta(tz=True, description="A moment with its zone (RFC 3339).")]
Asset = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,32}$", description="Ticker of the asset, such as BTC.")]
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")]
Payload = Annotated[
    msgspec.Raw,
    msgspec.Meta(
        description="IVMS101 message: an object, or the same as a string.",
        extra_json_schema={"type": ["object", "string", "null"]},
    ),
]


Tag = Annotated[str, msgspec.Meta(max_length=128, description="Destination tag or memo, where the address does not carry it.")]
Network = Annotated[str, msgspec.Meta(max_length=64, description="Chain, where the asset lives on more than one.")]
Operator = Annotated[str, msgspec.Meta(min_length=1, max_length=256, description="Name of the operator on the other side.")]
Address = Annotated[
    str, msgspec.Meta(min_length=1, max_length=512, description="Address on the other side, as the client gave it.")
]
Instrument = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,32}/[A-Za-z0-9._-]{1,32}$", description="FIX 55 Symbol: BTC/JPY.")
]
Site = Annotated[
    str, msgspec.Meta(min_length=1, max_length=2000, description="Website the client names as the payee's, as he gave it.")
]
Version = Annotated[str, msgspec.Meta(min_length=1, max_length=128, description="Version of the warning or form shown.")]


def _no_payload() -> msgspec.Raw:
    return msgspec.Raw(b"null")


class TransferBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A transfer that asks to go ahead: the columns of the table ``transfer`` known at that moment."""

    transfer_id: Id
    requested_at: Annotated[Moment, msgspec.Meta(description="When the client asked for it, with zone (RFC 3339).")]
    account_id: Name
    direction: Literal["out", "in"]
    asset: Asset
    quantity: Amount
    value_jpy: Amount
    address: Address
    counterparty: Annotated[
        Literal["hosted", "unhosted", "unknown"], msgspec.Meta(description="Who keeps the wallet on the other side.")
    ] = "unknown"
    counterparty_vasp: Operator | None = None
    counterparty_country: Country | None = None
    address_tag: Tag | None = None
    network: Network | None = None
    travel_rule_payload: Payload = msgspec.field(default_factory=_no_payload)
    purpose: Text | None = None
    payee_site: Site | None = None
    warning_acknowledged_at: Moment | None = None

    def request(self) -> TransferRequest:
        """What the rules are asked about."""
        return TransferRequest(
            transfer_id=self.transfer_id,
            requested_at=in_utc(self.requested_at, "requested_at"),
            account_id=self.account_id,
            direction=self.direction,
            asset=self.asset,
            quantity=positive(self.quantity, "quantity"),
            value_jpy=Decimal(self.value_jpy),
            address=self.address,
            counterparty=self.counterparty,
            counterparty_vasp=self.counterparty_vasp,
            counterparty_country=self.counterparty_country,
            address_tag=self.address_tag,
            network=self.network,
            travel_rule_payload=payload_text(self.travel_rule_payload),
            purpose=self.purpose,
            payee_site=self.payee_site,
            warning_acknowledged_at=(
                None if self.warning_acknowledged_at is None else in_utc(self.warning_acknowledged_at, "warning_acknowledged_at")
            ),
        )


class OrderBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """An order, or a change of one, that asks to enter the book; the names are FIX's."""

    order_id: Annotated[Id, msgspec.Meta(description="FIX 11 ClOrdID.")]
    received_at: Annotated[Moment, msgspec.Meta(description="When it was received, with zone (RFC 3339).")]
    account_id: Annotated[Name, msgspec.Meta(description="FIX 1 Account.")]
    instrument: Instrument
    side: Annotated[Literal["buy", "sell"], msgspec.Meta(description="FIX 54 Side.")]
    order_type: Annotated[Literal["limit", "market", "stop"], msgspec.Meta(description="FIX 40 OrdType.")]
    quantity: Annotated[Amount, msgspec.Meta(description="FIX 38 OrderQty, an exact amount as a string.")]
    price: Annotated[Amount | None, msgspec.Meta(description="FIX 44 Price; none for a market order.")] = None
    product: Literal["spot", "margin"] = "spot"
    leverage: Annotated[Amount | None, msgspec.Meta(description="Multiple of the margin that a margin order asks for.")] = None

    def request(self) -> OrderRequest:
        """What the rules are asked about."""
        if self.order_type == "limit" and self.price is None:
            raise Problem("invalid-field", "a limit order has a price", field="/price", remedy="give the price as a string")
        if self.order_type == "market" and self.price is not None:
            raise Problem("invalid-field", "a market order has no price", field="/price", remedy="leave the price out")
        return OrderRequest(
            order_id=self.order_id,
            received_at=in_utc(self.received_at, "received_at"),
            account_id=self.account_id,
            instrument=self.instrument,
            side=self.side,
            order_type=self.order_type,
            quantity=positive(self.quantity, "quantity"),
            price=None if self.price is None else positive(self.price, "price"),
            product=self.product,
            leverage=None if self.leverage is None else positive(self.leverage, "leverage"),
        )


EVENT_KINDS: Final = TOLD


class EventBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What a person did, or was shown, about a request: a row of ``request_event`` as a caller tells it.

    ``party_id`` names the client where a system tells for him (a warning he acknowledged, the purpose he gave). Staff acts
    (approved, released, refused) are always those of the person who signed in; the field is then left out.
    """

    kind: Literal[
        "warning_shown", "warning_acknowledged", "purpose_given", "risk_confirmed", "approved", "released", "refused", "cancelled"
    ]
    party_id: Name | None = None
    version: Version | None = None
    text: Annotated[Text | None, msgspec.Meta(description="What was said: the purpose, the ground of an approval.")] = None


_Item = TypeVar("_Item")


class Batch(msgspec.Struct, Generic[_Item], forbid_unknown_fields=True):
    """Several requests in one body; each is decided, and answered, for itself, in this order."""

    requests: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=BATCH_MAX)]


def positive(amount: str, field: str) -> Decimal:
    """An amount above nothing."""
    value = Decimal(amount)
    if not value:
        raise Problem("invalid-field", f"{field} is 0", field=f"/{field}", remedy="give an amount above 0")
    return value


def in_utc(moment: datetime, field: str) -> datetime:
    """The same moment in UTC; a time that UTC cannot write (before year 1, after 9999) is refused."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Problem(
            "invalid-field", f"{field} lies outside the calendar", field=f"/{field}", remedy="give a time of our age"
        ) from None


def payload_text(raw: msgspec.Raw) -> str | None:
    """A Travel Rule message as the text that was sent: the object's own bytes, or the string's content."""
    sent = bytes(raw)
    if sent == b"null":
        return None
    if sent[:1] == b'"':
        text: str = msgspec.json.decode(sent, type=str)
        return text
    if sent[:1] == b"{":
        return sent.decode()
    raise Problem(
        "invalid-field",
        "travel_rule_payload is neither an object nor a string",
        field="/travel_rule_payload",
        remedy="send the IVMS101 message as an object",
    )


_KEYS: Final = re.compile(rb'"([^"\\]*)"\s*:')
_PLACE: Final = re.compile(r"^(?P<what>.*) - at `(?P<at>\$.*)`$", re.DOTALL)
_MISSING: Final = re.compile(r"missing required field `([^`]*)`")
_UNKNOWN: Final = re.compile(r"unknown field `([^`]*)`")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")


def check_json(body: bytes) -> None:
    """Refuse what no typed reading would see: nesting, keys that stand twice, control characters, a broken encoding.

    A flat object without escapes, which is what systems send, is checked by counting; anything else is read once more in full.
    """
    opened = body.count(b"{") + body.count(b"[")
    if opened > NESTING_MAX and _depth(body) > NESTING_MAX:
        raise Problem("nesting-too-deep", f"the body is nested more than {NESTING_MAX} deep")
    if opened == 1 and b"\\" not in body:
        keys = _KEYS.findall(body)
        if len(set(keys)) == len(keys):
            return
    try:
        json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=str, parse_float=str)
    except UnicodeDecodeError as error:
        raise Problem("malformed-json", f"byte {error.start} is not UTF-8", remedy="send UTF-8") from None
    except json.JSONDecodeError as error:
        raise Problem("malformed-json", f"{error.msg} at byte {len(error.doc[: error.pos].encode('utf-8', 'replace'))}") from None
    except RecursionError:
        raise Problem("nesting-too-deep", f"the body is nested more than {NESTING_MAX} deep") from None


def _plainly_once(body: bytes, read: Any) -> bool:
    """Whether a flat object without escapes surely holds each key once: then it has as many quotation marks as what was read of it.

    Each value that was read and is not a default comes from a text and its key, with four marks; a key that stands twice, or
    anything else, adds to them. What is unsure is looked at in full.
    """
    if b"\\" in body or body.count(b"{") + body.count(b"[") != 1:
        return False
    told = msgspec.json.encode(read).replace(_NO_PAYLOAD, b"")
    return told.count(b'"') == body.count(b'"') == 4 * told.count(b'":"')


_NO_PAYLOAD: Final = b'"travel_rule_payload":null'
"""A default that is written out all the same, being made anew for each body."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        if key in read:
            raise Problem("duplicate-key", "a key stands twice in one object", field=f"…/{pointer_part(key)}")
        _readable(key, key)
        _readable(key, value)
        read[key] = value
    return read


def _readable(key: str, value: object) -> None:
    values = value if isinstance(value, list) else (value,)
    if any(isinstance(each, str) and (_CONTROL.search(each) or each.endswith("\n")) for each in values):
        raise Problem(
            "invalid-field",
            "a text holds a control character, half a character, or ends with a line break",
            field=f"…/{pointer_part(key)}",
            remedy="send readable text",
        )


def _no_constant(name: str) -> None:
    raise Problem("malformed-json", f"{name} is not JSON", remedy="send exact amounts as strings")


def _depth(body: bytes) -> int:
    """How deep the brackets outside strings go; stops where it is too deep."""
    depth, deepest, inside, escaped = 0, 0, False, False
    for byte in body:
        if inside:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                inside = False
        elif byte == 0x22:
            inside = True
        elif byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > NESTING_MAX:
                break
        elif byte in b"}]":
            depth -= 1
    return deepest


_Body = TypeVar("_Body")


class Reader(Generic[_Body]):
    """Reads one kind of body strictly; every failure is a problem that names the field and the remedy."""

    def __init__(self, kind: type[_Body], remedies: Mapping[str, str] = {}) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._remedies = remedies

    def read(self, body: bytes, *, checked: bool = False) -> _Body:
        """The body as this kind; ``checked`` where check_json has seen it as part of a larger one."""
        try:
            read = self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise self._problem(str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Problem("malformed-json", str(error)) from None
        except RecursionError:
            raise Problem("nesting-too-deep", f"the body is nested more than {NESTING_MAX} deep") from None
        if not checked and not _plainly_once(body, read):
            check_json(body)
        return read

    def _problem(self, message: str) -> Problem:
        placed = _PLACE.match(message)
        what, pointer = (placed["what"], _pointer(placed["at"])) if placed else (message, "")
        for pattern, remedy in ((_MISSING, "add the field"), (_UNKNOWN, "leave it out, or check its spelling")):
            named = pattern.search(what)
            if named:
                return Problem("invalid-field", what, field=f"{pointer}/{pointer_part(named[1])}", remedy=remedy)
        return Problem("invalid-field", what, field=pointer or "/", remedy=_remedy(what, pointer, self._remedies))


def _remedy(what: str, pointer: str, remedies: Mapping[str, str]) -> str:
    named = remedies.get(pointer.rsplit("/", 1)[-1])
    if named:
        return named
    if "timezone" in what:
        return "write the time with its zone, such as 2026-05-02T11:36:23+09:00"
    if "[0-9]{1,20}" in what:
        return 'write the exact amount as a string of digits, such as "0.25"'
    if "`str`, got `int`" in what or "`str`, got `float`" in what:
        return 'write it as a string, such as "0.25": amounts and ids are exact'
    if "enum" in what.lower():
        return "use one of the values listed at /openapi.json"
    if "datetime" in what or "RFC3339" in what:
        return "write the time as RFC 3339, such as 2026-05-02T11:36:23+09:00"
    return "see the field at /openapi.json"


def _pointer(path: str) -> str:
    """``$.requests[3].price`` as a JSON pointer: ``/requests/3/price``."""
    return "".join(f"/{pointer_part(name or index)}" for name, index in _STEP.findall(path))


def pointer_part(key: str) -> str:
    """One step of a JSON pointer (RFC 6901), cut where it is long."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", key[:64]).replace("~", "~0").replace("/", "~1")


TRANSFERS: Final = Reader(TransferBody)
ORDERS: Final = Reader(OrderBody)
EVENTS: Final = Reader(EventBody, {"kind": f"use one of {', '.join(EVENT_KINDS)}"})
BATCHES: Final = Reader(Batch, {"requests": f"send 1 to {BATCH_MAX} requests in a list"})
