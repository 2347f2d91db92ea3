"""Capital filings: month-end reports by the 20th, notices and daily reports below the alert, the quarterly document on display."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found, Severity
from sekisho.typologies.business_days import BusinessDays, day_of_next_month, month_ends, months_elapsed_on, months_end_on
from sekisho.typologies.capital import CapitalItems, items_of, reaches, read_stated
from sekisho.typologies.custody import Stretch, stretches
from sekisho.typologies.valuation import starts_at
from sekisho.typologies.winding import Filed, first_about, read_filings

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

KINDS = (
    "month_end_report", "notice_of_fall", "daily_report", "plan_to_maintain", "plan_to_restore", "notice_of_recovery",
    "quarterly_publication",
)  # fmt: skip


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each filing that is missing or late; the daily reports of one fall together."""
    ratios = {day: items for day, amounts in read_stated(records).items() if day <= p.as_of and (items := items_of(amounts))}
    if not ratios:
        return
    filings = read_filings(records, KINDS, p.as_of)
    first, last = min(ratios), max(ratios)
    for end in month_ends(first, last):
        yield from _owed("month_end_report", end, day_of_next_month(end, p.report_day), filings, ratios, p)
        if (end.month - p.business_year_end_month) % p.quarter_months == 0:
            yield from _publication(end, filings, ratios, p)
    below = {day: not _reaches(items, p.ratio_alert, p) for day, items in ratios.items()}
    for stretch in stretches(below):
        yield from _below(stretch, filings, ratios, p)


def _below(stretch: Stretch, filings: Sequence[Filed], ratios: dict[date, CapitalItems], p: Parameters) -> Iterator[Found]:
    """What one continuous time below the alert calls for."""
    calendar = BusinessDays()
    grace = p.at_once_business_days
    yield from _owed("notice_of_fall", stretch.first, calendar.add(stretch.first, grace), filings, ratios, p)
    reports = [day for day in calendar.between(stretch.first, stretch.last) if calendar.add(day, grace) < p.as_of]
    missing = [day for day in reports if first_about(filings, "daily_report", day) is None]
    if missing:
        yield _found("daily_report", missing[0], missing[-1], None, calendar.add(missing[0], grace), ratios, p, days=missing)
    if _reaches(ratios[stretch.first], p.ratio_min, p):
        yield from _owed(
            "plan_to_maintain", stretch.first, calendar.add(calendar.on_or_after(stretch.first), grace), filings, ratios, p
        )
    breach = next((day for day in stretch.days if not _reaches(ratios[day], p.ratio_min, p)), None)
    if breach is not None:
        yield from _owed("plan_to_restore", breach, calendar.add(calendar.on_or_after(breach), grace), filings, ratios, p)
    if stretch.cured_on is not None:
        yield from _owed("notice_of_recovery", stretch.cured_on, calendar.add(stretch.cured_on, grace), filings, ratios, p)


def _owed(
    kind: str, about: date, due_on: date, filings: Iterable[Filed], ratios: dict[date, CapitalItems], p: Parameters
) -> Iterator[Found]:
    done = first_about(filings, kind, about)
    if (done is None and due_on < p.as_of) or (done is not None and done.filed_on > due_on):
        yield _found(kind, about, about, done, due_on, ratios, p)


def _publication(end: date, filings: Sequence[Filed], ratios: dict[date, CapitalItems], p: Parameters) -> Iterator[Found]:
    """On display from the day on which the month has elapsed, until the last day of the months after it."""
    shown_on = months_elapsed_on(end, p.publication_after_months)
    kept_until = months_end_on(shown_on - timedelta(days=1), p.publication_kept_months)
    done = first_about(filings, "quarterly_publication", end)
    if (done is None and shown_on < p.as_of) or (done is not None and done.filed_on > shown_on):
        yield _found("quarterly_publication", end, end, done, shown_on, ratios, p)
    elif done is not None and done.shown_until is not None and done.shown_until < kept_until:
        yield _found("taken_down", end, end, done, kept_until, ratios, p)


def _reaches(items: CapitalItems, limit: Decimal, p: Parameters) -> bool:
    return reaches(items.free_capital(p.supplementary_share_max), items.risk, limit)


_SENTENCES = {
    "month_end_report": "default",
    "notice_of_fall": "notice_of_fall",
    "daily_report": "daily_report",
    "plan_to_maintain": "plan_to_maintain",
    "plan_to_restore": "plan_to_restore",
    "notice_of_recovery": "notice_of_recovery",
    "quarterly_publication": "publication",
    "taken_down": "taken_down",
}
_GRAVE = frozenset({"notice_of_fall", "daily_report", "plan_to_restore"})


def _found(
    kind: str, first: date, last: date, done: Filed | None, due_on: date,
    ratios: dict[date, CapitalItems], p: Parameters, days: Sequence[date] = (),
) -> Found:  # fmt: skip
    day = max((one for one in ratios if one <= last), default=min(ratios))
    names = {Evidence("firm_balance", f"{one}|basic_items") for one in (days or (day,)) if one in ratios} or {
        Evidence("firm_balance", f"{day}|basic_items")
    }
    if done is not None:
        names.add(Evidence(*done.name))
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        window_from=starts_at(first),
        window_until=starts_at(max(last, due_on) + timedelta(days=1)),
        score=Decimal(0) if done else Decimal("0.5"),
        severity=Severity.high if kind in _GRAVE and done is None else None,
        sentence=_SENTENCES[kind],
        evidence=tuple(sorted(names)),
        facts={
            "kind": kind,
            "about_on": first,
            "due_on": due_on,
            "done_on": done.filed_on if done else None,
            "shown_until": done.shown_until if done else None,
            "days": len(days) or None,
            "last_day": last,
        },
    )
