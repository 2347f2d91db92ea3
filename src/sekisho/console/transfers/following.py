"""Following the gate's journal: each entry is read once, checked against the one before, and drawn into rows."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from threading import Event, Lock
from typing import Any, Final, NamedTuple

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from sekisho.console.transfers.models import AccountOf, Followed, HeldRequest, RuleStep, ShadowCount, Traffic
from sekisho.engine.requests import TransferRequest
from sekisho.gate.entries import DECIDED, LEARNED, PLANNED, RULED, Decided, Entry, Planned, decode, next_entry
from sekisho.gate.journal import Journal
from sekisho.gate.journals import open_journal
from sekisho.gate.life import Ruled
from sekisho.gate.messages import Applied, Decision, GateDown, asked_at, kind_of, request_id
from sekisho.gate.rendering import decision_of

PORTION: Final = 5_000
"""So many entries are taken in at once."""
AT_A_READING: Final = 20_000
"""A page takes in at most so many; what is left waits for the next page, or for who keeps following (``steadily``)."""
_MINUTES: Final = 10
_ACCOUNTS: Final = b'"table":"account"'
_OPEN = Lock()
_JOURNALS: Final[dict[str, Journal]] = {}
_PLANS: Final[dict[tuple[str, int], Planned]] = {}


class Reading(NamedTuple):
    """How a reading of the journal went: how far, whether more is left, and why it could not go on (empty: all is well)."""

    number: int
    more: bool
    fault: str


def place_of() -> str | None:
    """Where the gate's journal is, by the settings; None where the console has no gate."""
    gate = settings.CHOSEN.gate
    if gate is None:
        return None
    return str(gate.journal if gate.journal.startswith(("postgresql://", "postgres://")) else settings.FOLDER / gate.journal)


def journal_of(place: str) -> Journal:
    """The journal, opened once a process. Raises GateDown where there is none: reading must not begin one."""
    with _OPEN:
        if place not in _JOURNALS:
            if not place.startswith(("postgresql://", "postgres://")) and not Path(place).is_file():
                raise GateDown(f"{Path(place).name}: there is no such journal; start the gate, or set [gate] journal")
            try:
                _JOURNALS[place] = open_journal(place)
            except Exception as error:
                raise GateDown(f"the gate's journal cannot be opened: {error}") from error
        return _JOURNALS[place]


def forget_journals() -> None:
    """Close what is open; the next reading opens it anew."""
    with _OPEN:
        for journal in _JOURNALS.values():
            journal.close()
        _JOURNALS.clear()
        _PLANS.clear()


def follow(limit: int = AT_A_READING) -> Reading:
    """Take in what the gate wrote since, at most ``limit`` entries. Several processes may do so at once; each entry counts once.

    Who only looks whether there is anything new locks nothing.
    """
    place = place_of()
    if place is None:
        return Reading(0, False, "")
    try:
        journal = journal_of(place)
        read_to = Followed.objects.filter(pk=place).values_list("number", flat=True).first() or 0
        if journal.entry(read_to + 1) is None:
            return Reading(read_to, False, "")
        done = 0
        while True:
            taken, number = _portion(journal, place, min(PORTION, limit - done))
            done += taken
            if taken < PORTION or done >= limit:
                return Reading(number, taken > 0 and done >= limit, "")
    except GateDown as down:
        return Reading(0, False, str(down))
    except Exception as error:
        known = _JOURNALS.get(place)
        if known is None or not isinstance(error, known.ERRORS):
            raise
        forget_journals()
        return Reading(0, False, f"the gate's journal cannot be read: {error}")


def _portion(journal: Journal, place: str, at_most: int) -> tuple[int, int]:
    with transaction.atomic():
        rows = Followed.objects.filter(pk=place)
        known = (rows.select_for_update() if connection.vendor == "postgresql" else rows).first()
        if known is None:
            known = Followed.objects.create(journal=place)
        entries = list(islice(journal.after(known.number), at_most))
        if not entries:
            return 0, known.number
        known.number, known.check_hash = _checked(entries, known), entries[-1].check.hex()
        _take_in(entries, journal, place)
        known.save()
        return len(entries), known.number


def _checked(entries: list[Entry], known: Followed) -> int:
    number, before = known.number, bytes.fromhex(known.check_hash or "00" * 32)
    for entry in entries:
        if entry != next_entry(number + 1, before, entry.kind, entry.request_id, entry.body):
            raise GateDown(
                f"entry {number + 1} of the gate's journal does not follow from the one read before it: it was changed, or another "
                "journal stands in its place"
            )
        number, before = entry.number, entry.check
    return number


def _take_in(entries: Iterable[Entry], journal: Journal, place: str) -> None:
    counts: Counter[tuple[datetime, str, str]] = Counter()
    shadows: Counter[tuple[str, str, str, str]] = Counter()
    last_shadow: dict[tuple[str, str, str, str], str] = {}
    latest: dict[tuple[str, str], tuple[int, Decided]] = {}
    notable: set[tuple[str, str]] = set()
    owners: dict[str, str] = {}
    for entry in entries:
        if entry.kind == DECIDED:
            decided: Decided = decode(entry)
            kind, about = kind_of(decided.request), request_id(decided.request)
            counts[_ten_minutes(decided.decided_at), kind, decided.outcome] += 1
            latest[kind, about] = (entry.number, decided)
            if decided.outcome != "allow" or decided.acts or decided.after is not None:
                notable.add((kind, about))
            if decided.shadow is not None:
                key = (decided.shadow.rule_set, kind, decided.outcome, decided.shadow.outcome)
                shadows[key] += 1
                last_shadow[key] = about
        elif entry.kind == RULED:
            _step(entry.number, decode(entry))
        elif entry.kind == LEARNED and _ACCOUNTS in entry.body[:40]:
            owners.update((row["account_id"], row["party_id"]) for row in decode(entry).rows)
        elif entry.kind == PLANNED:
            _PLANS[place, entry.number] = decode(entry)
    AccountOf.objects.bulk_create(
        [AccountOf(account_id=account, party_id=party) for account, party in owners.items()],
        update_conflicts=True,
        update_fields=["party_id"],
        unique_fields=["account_id"],
        batch_size=400,
    )
    _count(counts, shadows, last_shadow)
    _draw({key: told for key, told in latest.items() if key in notable}, journal, place)


def _ten_minutes(at: datetime) -> datetime:
    return at.replace(minute=at.minute // _MINUTES * _MINUTES, second=0, microsecond=0)


def _count(
    counts: Mapping[tuple[datetime, str, str], int],
    shadows: Mapping[tuple[str, str, str, str], int],
    last: Mapping[tuple[str, str, str, str], str],
) -> None:
    for (began_at, kind, outcome), number in counts.items():
        row, _new = Traffic.objects.get_or_create(began_at=began_at, kind=kind, outcome=outcome)
        Traffic.objects.filter(pk=row.pk).update(decisions=F("decisions") + number)
    for key, number in shadows.items():
        rule_set, kind, said, would_have = key
        told, _new = ShadowCount.objects.get_or_create(rule_set=rule_set, kind=kind, said=said, would_have=would_have)
        ShadowCount.objects.filter(pk=told.pk).update(decisions=F("decisions") + number, last_request=last[key])


def _step(number: int, ruled: Ruled) -> None:
    content = None if ruled.content is None else msgspec.to_builtins(ruled.content)
    named = content["name"] if content else ""
    if not named:
        earlier = RuleStep.objects.filter(rule_set=ruled.rule_set, content__isnull=False).order_by("-number").first()
        named = earlier.name if earlier else ruled.rule_set[:12]
    RuleStep.objects.update_or_create(
        number=number,
        defaults={
            "at": ruled.at,
            "step": ruled.step,
            "by": ruled.by,
            "rule_set": ruled.rule_set,
            "name": named,
            "content": content,
            "why": ruled.why,
        },
    )


def _draw(decisions: Mapping[tuple[str, str], tuple[int, Decided]], journal: Journal, place: str) -> None:
    known = {
        (row.kind, row.request_id): row for row in HeldRequest.objects.filter(request_id__in=[about for _kind, about in decisions])
    }
    accounts = {decided.request.account_id for _number, decided in decisions.values()}
    owner = dict(AccountOf.objects.filter(pk__in=accounts).values_list("account_id", "party_id"))
    new, changed = [], []
    for (kind, about), (number, decided) in decisions.items():
        row = known.get((kind, about))
        if row is None:
            row = HeldRequest(kind=kind, request_id=about)
            new.append(row)
        else:
            changed.append(row)
        _fill(row, number, decided, planned_of(decided, journal, place))
        party = owner.get(decided.request.account_id)
        row.parties = [party] if party else []
    HeldRequest.objects.bulk_create(new, batch_size=300)
    if changed:
        names = [each.name for each in HeldRequest._meta.concrete_fields if not each.primary_key]
        HeldRequest.objects.bulk_update(changed, names, batch_size=100)


def _fill(row: HeldRequest, number: int, decided: Decided, planned: Planned) -> None:
    request, decision = decided.request, decision_of(number, decided, planned)
    reasons = [reason_of(one) for one in decision.applied if one.outcome != "allow" and (one.text is not None or one.undetermined)]
    row.decision_id, row.outcome, row.state = decision.decision_id, decision.outcome, _state(decided)
    row.asked_at, row.decided_at, row.releases_at = asked_at(request), decided.decided_at, decided.releases_at
    row.account_id, row.quantity = request.account_id, request.quantity
    if isinstance(request, TransferRequest):
        row.asset, row.direction, row.value_jpy = request.asset, request.direction, request.value_jpy
    else:
        row.asset, row.direction = request.instrument, request.side
        row.value_jpy = None if request.price is None else (request.quantity * request.price).quantize(Decimal("1e-8"))
    if reasons or not row.chapter:
        row.reasons = reasons or row.reasons
        gravest = next((each for each in reasons if each["outcome"] == decision.outcome and "/" in each["rule"]), None)
        row.chapter = gravest["rule"].partition("/")[0] if gravest else row.chapter or _default_chapter(decision)
    row.told = [msgspec.to_builtins(act) for act in decided.acts]
    row.client_en, row.client_ja = decision.client_text.en, decision.client_text.ja
    row.warned_at = max((act.occurred_at for act in decided.acts if act.kind == "warning_shown"), default=None)
    row.acknowledged_at = max((act.occurred_at for act in decided.acts if act.kind == "warning_acknowledged"), default=None)


def _default_chapter(decision: Decision) -> str:
    return "transfers" if decision.kind == "transfer" else "unfair_trading"


def reason_of(one: Applied) -> dict[str, Any]:
    """Why a rule did not simply let it go: its outcome and words."""
    open_values = ", ".join(one.undetermined)
    return {
        "rule": one.rule,
        "outcome": one.outcome,
        "title_en": one.title.en,
        "title_ja": one.title.ja,
        "en": one.text.en if one.text else f"{one.title.en}: no value for {open_values}",
        "ja": one.text.ja if one.text else f"{one.title.ja}：値が定まっていない（{open_values}）",
    }


def _state(decided: Decided) -> str:
    if decided.closed is not None:
        return decided.closed
    return {"hold": "held", "warn": "warned", "refuse": "refused"}.get(decided.outcome, "released")


def planned_of(decided: Decided, journal: Journal, place: str) -> Planned:
    """The rules of the day a decision refers to. Raises GateDown where the journal does not have them."""
    key = (place, decided.plan)
    if key not in _PLANS:
        entry = journal.entry(decided.plan)
        if entry is None:
            raise GateDown(f"entry {decided.plan} of the gate's journal, which lists the rules of a decision, is missing")
        _PLANS[key] = decode(entry)
    return _PLANS[key]


def decisions_about(about: str) -> Iterator[tuple[Decided, Decision]]:
    """Everything the gate decided about a request, oldest first, with its full working. Raises GateDown."""
    place = place_of()
    if place is None:
        return
    journal = journal_of(place)
    for entry in journal.of_request(about):
        if entry.kind == DECIDED:
            decided: Decided = decode(entry)
            yield decided, decision_of(entry.number, decided, planned_of(decided, journal, place))


def steadily(seconds: float, stopped: Event, tell: Callable[[], str]) -> None:
    """Follow the journal and tell the gate what waits, again and again until stopped: for a thread of the console's server."""
    while not stopped.wait(seconds):
        try:
            while follow().more:
                pass
            tell()
        except Exception as error:
            # The pages say it, too; what goes wrong once must not end the following.
            logging.getLogger(__name__).warning("following the gate: %s: %s", type(error).__name__, error)
        finally:
            connection.close()
