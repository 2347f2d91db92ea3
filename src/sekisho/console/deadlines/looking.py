"""Looking: every rule's terms over the books and every part's own terms become rows; looking again changes nothing.

Rules whose terms come with the calendar (quarters, months, business years) are asked a year ahead. What by the books
fell due before the office began is not taken up: nobody kept here whether it was met. What a part of the office owes is always.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from sekisho.console.deadlines.models import Look, Obligation
from sekisho.console.deadlines.names import named
from sekisho.console.filings.owed import SOURCES, Owed, Source
from sekisho.console.journal.acting import SYSTEM, Author, acting
from sekisho.engine.answers import Obligation as Told
from sekisho.engine.run import Judged, RuleRun, japan_period, run_rule
from sekisho.records import Records, open_records
from sekisho.rulebook import Rule, Rulebook, load_rulebook
from sekisho.rulebook.texts import Text

AHEAD: Final = timedelta(days=370)
BEFORE_START: Final = timedelta(days=31)
"""Terms that ended up to so long before the office began are taken up, as open."""
SECRET_RULES: Final = ("transfers/str_due",)
_DONE: Final = ("done_on", "cured_on", "filed_on", "reported_on")
_TELLS_APART: Final = ("item", "asset", "account", "event", "loan", "person", "duty", "subject")


def look(at: datetime, author: Author = SYSTEM) -> dict[str, int]:
    """Bring the calendar up to date as of a moment; gives how many rows are new, changed and void."""
    today = timezone.localdate(at)
    before: Look | None = Look.objects.order_by("pk").first()
    began_on = before.began_on if before else today - BEFORE_START
    told, silent, regime, books_end = _of_the_books(today)
    sources = {"rules": told, **{source.name: list(source.gives(today)) for source in SOURCES}}
    with acting(author, "look for deadlines", at=at):
        _one_looks()
        sources["rules"] = [owed for owed in told if owed.due_on >= began_on]
        seen = {name: _take(name, rows) for name, rows in sources.items()}
        row = before or Look(began_on=began_on, looked_at=at)
        row.looked_at, row.silent, row.regime, row.books_end_on = at, silent, regime, books_end
        row.save()
    return {key: sum(counts[key] for counts in seen.values()) for key in ("new", "changed", "void")}


def take_up(source: Source, at: datetime) -> None:
    """Bring what one part owes up to date, once the office has begun to look."""
    if Look.objects.exists():
        with acting(SYSTEM, "look for deadlines", at=at):
            _one_looks()
            _take(source.name, source.gives(timezone.localdate(at)))


def _one_looks() -> None:
    """Two looks at once would write the same rows. On SQLite nobody else writes meanwhile."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('look for deadlines'))")


def _take(source: str, rows: Iterable[Owed]) -> dict[str, int]:
    counts = {"new": 0, "changed": 0, "void": 0}
    stored = {row.obligation_id: row for row in Obligation.objects.filter(source=source)}
    present = set()
    for owed in rows:
        pk = _key(source, owed)
        present.add(pk)
        row = stored.get(pk)
        fresh = row is None
        row = row or Obligation(obligation_id=pk, source=source)
        before = {name: getattr(row, name) for name in (*_fields(owed), "state", "met_on", "proof")}
        for name, value in _fields(owed).items():
            setattr(row, name, value)
        if row.state == "void":
            row.state = "open"
        if owed.met_on is not None and row.state == "open":
            row.state, row.met_on, row.proof = "met", owed.met_on, "the books" if source == "rules" else source
        if fresh or any(getattr(row, name) != value for name, value in before.items()):
            row.save()
            counts["new" if fresh else "changed"] += 1
    for pk, row in stored.items():
        if pk not in present and row.state == "open":
            row.state = "void"
            row.save()
            counts["void"] += 1
    return counts


def _key(source: str, owed: Owed) -> str:
    """The row's id: the same each time, and for what is confidential told apart, so that it can be kept from readers."""
    digest = hashlib.sha256(f"{source}|{owed.key}".encode()).hexdigest()[:20]
    return f"STR-{digest}" if owed.secret else digest


def _fields(owed: Owed) -> dict[str, Any]:
    return {
        "rule": owed.rule,
        "name": owed.name,
        "title_en": owed.title.en,
        "title_ja": owed.title.ja,
        "chapter": owed.chapter,
        "secret": owed.secret,
        "parties": sorted(owed.parties),
        "arose_on": owed.arose_on,
        "due_on": owed.due_on,
        "because": {"en": owed.because.en, "ja": owed.because.ja},
        "provision": owed.provision,
        "at": owed.at,
        "facts": owed.facts,
    }


def _of_the_books(today: date) -> tuple[list[Owed], list[dict[str, str]], str, date | None]:
    """What the rules say over the books, and which of them could not tell."""
    books: Path | None = settings.CHOSEN.books and Path(settings.FOLDER) / settings.CHOSEN.books
    if books is None:
        return [], [{"rule": "*", "state": "not_inspected", "why": "the office's settings name no books"}], "", None
    rulebook, records = load_rulebook(), open_records(books)
    period = japan_period(records) or (today, today)
    as_of = min(period[1], today)
    regime, law_day = rulebook.regime_on(None, as_of)
    judged = Judged(regime=regime, law_day=law_day, as_of=as_of)
    owed: list[Owed] = []
    silent = []
    filed = _filed(records)
    for rule in rulebook.rules.values():
        if "due" not in rule.questions:
            continue
        run = run_rule(rule, records, judged, (period[0], max(period[1], today) + AHEAD))
        if run.state != "ran":
            silent.append({"rule": rule.path, "state": run.state, "why": run.why})
        owed.extend(_owed(rule, run, filed))
    return owed, silent, regime, period[1]


def _filed(records: Records) -> dict[tuple[str, date], date]:
    """What the books' own register of filings says was filed: by kind and day it speaks of, the first Japan day."""
    if "filing" not in records.present:
        return {}
    rows = records.filing.select("kind", "about_on", "filed_at").order_by("filed_at").to_pyarrow().to_pylist()
    found: dict[tuple[str, date], date] = {}
    for row in rows:
        found.setdefault((row["kind"], row["about_on"]), timezone.localdate(_aware(row["filed_at"])))
    return found


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else timezone.make_aware(moment, timezone.get_fixed_timezone(0))


def _owed(rule: Rule, run: RuleRun, filed: Mapping[tuple[str, date], date]) -> Iterator[Owed]:
    for told in run.obligations:
        facts = {name: _plain(value) for name, value in told.facts.items()}
        done = next((told.facts[name] for name in _DONE if isinstance(told.facts.get(name), date)), None)
        yield Owed(
            key="|".join([rule.path, told.name, told.arose_on.isoformat(), *_apart(told)]),
            rule=rule.path,
            name=told.name,
            title=named(told.name),
            chapter=rule.path.partition("/")[0],
            arose_on=told.arose_on,
            due_on=told.due_on,
            because=Text(told.because, rule.statement.ja),
            provision=_provision(run),
            secret=rule.path in SECRET_RULES,
            met_on=done or filed.get((told.name, told.arose_on)),  # type: ignore[arg-type] # a date, as was asked above
            facts=facts,
        )


def _apart(told: Told) -> list[str]:
    """What tells two obligations of one rule, name and day apart."""
    named_records = sorted(f"{each.table}:{each.id}" for each in told.evidence if each.table in ("suspicion", "wind_down_event"))
    return [*named_records, *(f"{name}={told.facts[name]}" for name in _TELLS_APART if told.facts.get(name) is not None)]


def _provision(run: RuleRun) -> str:
    """The provisions the rule rests on in the regime, the first three."""
    if run.holding is None:
        return ""
    cited = [f"{each.document} {each.provision}" for each in run.holding.provisions if each.provision]
    return "; ".join(dict.fromkeys(cited[:3]))


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | str | type(None)) else f"{value:f}" if isinstance(value, Decimal) else str(value)


def quoted(rulebook: Rulebook, obligation: Obligation) -> list[dict[str, str]]:
    """The Japanese text of the provisions an obligation rests on, as its rule quotes them."""
    rule = rulebook.rules.get(obligation.rule)
    look_row: Look | None = Look.objects.order_by("pk").first()
    if rule is None or look_row is None or not look_row.regime:
        return []
    holding = rule.holding(look_row.regime, obligation.arose_on)
    return (
        []
        if holding is None
        else [
            {"provision": f"{each.document} {each.provision}", "quote": each.quote or ""}
            for each in holding.provisions
            if each.provision
        ]
    )
