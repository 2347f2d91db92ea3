"""Intelligence out: an incident and its addresses as STIX 2.1, without a word about clients and, unless asked, about who tells it.

Only what a report's form has a field for can leave; free text is searched for clients and refused when it names one. Identifiers
are made from the content and the firm's own secret: the same thing keeps its identifier, and nobody else can compute it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec

from sekisho.intelligence.archive import SHARED, Archive, canonical, exchanged
from sekisho.intelligence.indicators import WALLET, escaped
from sekisho.intelligence.stix.validation import validate
from sekisho.intelligence.taxii import Remote
from sekisho.intelligence.tlp import LEVELS, definition, may_pass_on, stix_marking
from sekisho.records import Records, RecordsError
from sekisho.typologies.client_words import named_client, personal, read_client_names
from sekisho.typologies.listed_forms import normal_form

OBSERVABLE_NAMESPACE = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace of the specification for identifiers of observables (2.9)."""

ANONYMOUS = "A registered crypto-asset exchange service provider in Japan"
ROLES = {
    "received_stolen": "Address that received coins taken in an incident.",
    "holds_stolen": "Address at which coins taken in an incident were last seen.",
    "scam": "Address to which victims of a fraud were told to send coins.",
    "mule": "Address that passed on coins of victims.",
    "phishing": "Address shown by a phishing site.",
}


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An address on a chain to be told of: never one of a client."""

    address: str
    asset: str
    role: str
    category: str = "malicious-activity"


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A domain or URL to be told of."""

    value: str
    category: str = "phishing"


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be shared of one incident. Times are UTC; ``marking`` is TLP 2.0; ``confidence`` 0 to 100."""

    name: str
    occurred_at: datetime
    description: str | None = None
    addresses: tuple[Address, ...] = ()
    domains: tuple[Site, ...] = ()
    urls: tuple[Site, ...] = ()
    marking: str = "green"
    confidence: int = 80
    valid_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who tells: the secret that makes identifiers, the name under which it is done (None: none), and whether the definition of
    the wallet observable goes along. It is fixed and published with Sekisho; some servers cannot read it back out of a collection.
    """

    secret: bytes
    name: str | None = None
    with_definition: bool = False


@dataclass(frozen=True, slots=True)
class ClientWords:
    """What must not leave: identifiers of clients and their transfers, and the firm's own addresses."""

    names: frozenset[str] = frozenset()
    addresses: frozenset[str] = field(default_factory=frozenset)


def read_report(file: Path) -> Report:
    """A report written as JSON under the names of Report. Raises RecordsError."""
    try:
        report = msgspec.json.decode(file.read_bytes(), type=Report)
    except OSError as error:
        raise RecordsError(file.name, f"cannot be read: {error.strerror}", "name the report's JSON file") from None
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise RecordsError(file.name, f"is not a report: {error}", "the page 'intelligence' shows its form") from None
    return checked(report, file.name)


def checked(report: Report, label: str) -> Report:
    """The report, if it can be shared at all. Raises RecordsError naming the field."""
    if report.occurred_at.tzinfo is None:
        raise RecordsError(label, "has no time zone", "write UTC, as 2026-06-01T09:00:00Z", column="occurred_at")
    if report.marking not in LEVELS:
        raise RecordsError(label, f"'{report.marking}' is not a marking", f"give one of {', '.join(LEVELS)}", column="marking")
    if not may_pass_on(report.marking):
        problem = f"TLP:{report.marking.upper()} may not be handed to a collection that others read"
        raise RecordsError(label, problem, "mark it green or clear, or tell those who need it themselves", column="marking")
    if not 0 <= report.confidence <= 100 or (report.valid_days is not None and report.valid_days < 1):
        raise RecordsError(label, "confidence lies outside 0 to 100, or valid_days below 1", "correct it", column="confidence")
    if not report.name.strip():
        raise RecordsError(label, "is empty", "say in a line what happened", column="name")
    for number, one in enumerate(report.addresses, 1):
        if one.role not in ROLES:
            raise RecordsError(label, f"'{one.role}' is not a role", f"give one of {', '.join(ROLES)}", row=number, column="role")
    return report


def report_of_outflow(incident: Mapping[str, Any], number: int, marking: str = "green") -> Report:
    """The report of an outflow that ``sekisho outflow`` told of: where the coins went; no amount, wallet or client."""
    event = next((each for each in incident.get("events", ()) if each.get("number") == number), None)
    if event is None:
        raise RecordsError("incident.json", f"tells of no event {number}", "'sekisho outflow' numbers them from 1")
    addresses: dict[tuple[str, str], Address] = {}
    for end in event["ends"]:
        if end["why"] == "resting":
            addresses[end["asset"], end["address"]] = Address(
                address=end["address"], asset=end["asset"], role="holds_stolen", category="theft"
            )
    for out in event["outflows"]:
        if out["kind"] not in {"fee", "to_house"}:
            key = (out["asset"], out["to_address"])
            addresses[key] = Address(address=out["to_address"], asset=out["asset"], role="received_stolen", category="theft")
    kinds = ", ".join(sorted(event["kinds"]))
    return checked(
        Report(
            name=f"Unauthorised outflow from an exchange's wallets ({kinds})",
            occurred_at=datetime.fromisoformat(event["first_at"]).astimezone(UTC),
            addresses=tuple(addresses[key] for key in sorted(addresses)),
            marking=marking,
        ),
        "incident.json",
    )


def clients_of(records: Records) -> ClientWords:
    """What of a records folder must not leave: who is a client, what they did, and which addresses are the firm's own."""
    own = records.optional("wallet").select("address", "asset").to_pyarrow().to_pylist()
    return ClientWords(
        read_client_names(records), frozenset(normal_form(row["address"], row["asset"]) for row in own if row["address"])
    )


def refuse_client_data(report: Report, clients: ClientWords, label: str) -> None:
    """Raises RecordsError where free text names a client, or an address is the firm's own."""
    texts = {"name": report.name, "description": report.description or ""}
    for site in (*report.domains, *report.urls):
        texts[f"site {site.value}"] = site.value
    for place, text in texts.items():
        found = personal(text)
        if found:
            problem = f"'{found}' looks like an e-mail address, a telephone or account number"
            raise RecordsError(label, problem, "say it without naming anybody", column=place)
        word = named_client(text, clients.names)
        if word:
            raise RecordsError(
                label, f"'{word}' is a client, an account or a transfer of the records", "say it without", column=place
            )
    for number, one in enumerate(report.addresses, 1):
        if normal_form(one.address, one.asset) in clients.addresses:
            raise RecordsError(label, f"'{one.address}' is a wallet of the firm", "leave it out", row=number, column="address")


def stix_objects(report: Report, sender: Sender, at: datetime) -> list[dict[str, Any]]:
    """The report as STIX 2.1: who tells, the incident, an observable and an indicator for each address, domain and URL."""
    return list(_objects(report, sender, at))


def _objects(report: Report, sender: Sender, at: datetime) -> Iterator[dict[str, Any]]:
    marked = {"object_marking_refs": [stix_marking(report.marking)]}
    occurred = _stamp(report.occurred_at)
    who = _identity(sender, occurred)
    yield definition(report.marking)
    yield who
    incident = _domain_object(
        "incident",
        sender,
        who["id"],
        occurred,
        [report.name, occurred],
        {"name": report.name, **_text("description", report.description)} | marked,
    )
    yield incident
    if report.addresses and sender.with_definition:
        yield wallet_definition(who["id"])
    valid = {"valid_from": occurred}
    if report.valid_days is not None:
        valid["valid_until"] = _stamp(report.occurred_at + timedelta(days=report.valid_days))
    for kind, value, category, told in _things(report):
        yield kind | marked
        indicator = _domain_object(
            "indicator",
            sender,
            who["id"],
            occurred,
            [incident["id"], value],
            {
                "name": f"{category}: {value}",
                "description": told,
                "indicator_types": ["malicious-activity"],
                "labels": [category],
                "pattern": _pattern(kind),
                "pattern_type": "stix",
                "confidence": report.confidence,
            }
            | valid
            | marked,
        )
        yield indicator
        for source, target in ((indicator["id"], incident["id"]), (indicator["id"], kind["id"])):
            linked = {"relationship_type": "related-to", "source_ref": source, "target_ref": target} | marked
            yield _domain_object("relationship", sender, who["id"], occurred, [source, target], linked)


def _things(report: Report) -> Iterator[tuple[dict[str, Any], str, str, str]]:
    """Each observable, its value, its category, and what is said of it."""
    for one in sorted(report.addresses, key=lambda a: (a.asset, a.address)):
        form = normal_form(one.address, one.asset)
        wallet = _observable(WALLET, {"address": form, "asset": one.asset})
        wallet["extensions"] = {EXTENSION_ID: {"extension_type": "new-sco"}}
        yield wallet, form, one.category, ROLES[one.role]
    for kind, sites in (("domain-name", report.domains), ("url", report.urls)):
        for site in sorted(sites, key=lambda s: s.value):
            yield _observable(kind, {"value": site.value}), site.value, site.category, "Site used in a fraud or an attack."


EXTENSION_ID = f"extension-definition--{UUID(bytes=hashlib.sha256(b'sekisho x-cryptocurrency-wallet').digest()[:16], version=4)}"
"""The definition of the observable for an address on a chain; one for everybody who uses Sekisho."""


def wallet_definition(who: str) -> dict[str, Any]:
    """The extension definition of the wallet observable, as made by an identity."""
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": EXTENSION_ID,
        "created_by_ref": who,
        "created": "2026-11-29T00:00:00.000Z",
        "modified": "2026-11-29T00:00:00.000Z",
        "name": "Cryptocurrency wallet",
        "description": "An address on a chain: address (as it is looked up) and asset. The identifier is made from both.",
        "schema": "address: string, required; asset: string, required",
        "version": "1.0.0",
        "extension_types": ["new-sco"],
    }


def _identity(sender: Sender, created: str) -> dict[str, Any]:
    name = sender.name or ANONYMOUS
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": f"identity--{_uuid4(sender.secret, ['identity', name])}",
        "created": "2026-11-29T00:00:00.000Z",
        "modified": "2026-11-29T00:00:00.000Z",
        "name": name,
        "identity_class": "organization",
        "sectors": ["financial-services"],
    }


def _domain_object(
    kind: str, sender: Sender, who: str, created: str, made_of: Sequence[str], content: Mapping[str, Any]
) -> dict[str, Any]:
    name = f"{kind}--{_uuid4(sender.secret, [kind, *made_of])}"
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": name,
        "created_by_ref": who,
        "created": created,
        "modified": created,
        **content,
    }


def _observable(kind: str, content: Mapping[str, str]) -> dict[str, Any]:
    name = uuid5(OBSERVABLE_NAMESPACE, canonical(content))
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{name}", **content}


def _pattern(observable: Mapping[str, Any]) -> str:
    name = "address" if observable["type"] == WALLET else "value"
    return f"[{observable['type']}:{name} = '{escaped(observable[name])}']"


def _uuid4(secret: bytes, words: Sequence[str]) -> UUID:
    """A UUID of version 4 by its form, the same for the same words: the keyed hash stands for the random bits."""
    return UUID(bytes=hmac.new(secret, canonical({"words": list(words)}).encode(), hashlib.sha256).digest()[:16], version=4)


def _text(name: str, value: str | None) -> dict[str, str]:
    return {} if value is None else {name: value}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What a push did: objects made, those sent, and those the organisation has already."""

    made: int
    sent: tuple[str, ...]
    known: int


def push(
    remote: Remote, archive: Archive, objects: Sequence[Mapping[str, Any]], *, organisation: str, at: datetime, marking: str
) -> Pushed:
    """Hand over the objects the organisation has not been given yet; each is checked, and recorded once it was taken."""
    for each in objects:
        faults = validate(each)
        assert not faults, f"what Sekisho writes is STIX 2.1: {faults[0]}"
    had = {(one.id, one.sha256) for one in archive.objects(direction=SHARED, organisation=organisation, latest=False)}
    ready = [exchanged(each, direction=SHARED, organisation=organisation, marking=marking, at=at) for each in objects]
    fresh = [one for one in ready if (one.id, one.sha256) not in had]
    if not fresh:
        return Pushed(made=len(ready), sent=(), known=len(ready))
    taken = remote.hand_over([one.body for one in fresh if one.body is not None])
    archive.take_in(one for one in fresh if one.id in set(taken))
    return Pushed(made=len(ready), sent=tuple(taken), known=len(ready) - len(fresh))
