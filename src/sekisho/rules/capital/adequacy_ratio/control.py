"""Capital adequacy: free own funds over the amounts at risk, the band reached, and the reports each band calls for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Amount, Evidence, Found, Obligation, Severity, Step
from sekisho.typologies.business_days import day_of_next_month, month_ends, months_elapsed_on, months_end_on
from sekisho.typologies.capital import ITEMS, CapitalItems, items_of, ratio, reaches, read_stated
from sekisho.typologies.custody import Stretch, share, stretches
from sekisho.typologies.valuation import starts_at

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_NORMAL = "normal"


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """The ratio of every day for which the books state all items, with its working and band."""
    for day, amounts in read_stated(records).items():
        items = items_of(amounts)
        if items is not None:
            yield _amount(day, items, p)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each continuous time below the alert, and for each run of days without a ratio."""
    stated = read_stated(records)
    ratios = {amount.as_of: amount for amount in compute(records, p)}
    for stretch in stretches({day: amount.band != _NORMAL for day, amount in ratios.items()}):
        yield _below(stretch, ratios, p)
    for stretch in stretches({day: day not in ratios for day in stated}):
        yield _no_ratio(stretch, stated)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """Month-end reports, what a low ratio calls for, and the quarterly publication."""
    for end in month_ends(*calendar.period):
        due_on = day_of_next_month(end, p.report_day)
        yield Obligation(
            name="month_end_report",
            due_on=due_on,
            arose_on=end,
            because="The ratio of every month-end is reported by a day of the next month; the law does not move it off a holiday.",
            facts={"is_business_day": calendar.business_days.is_open(due_on)},
        )
        if (end.month - p.business_year_end_month) % p.quarter_months == 0:
            yield from _publication(end, p)
    for trigger in calendar.triggers:
        if isinstance(trigger, Found) and "ratio" in trigger.facts:
            yield from _below_alert(trigger, calendar)


def _amount(day: date, items: CapitalItems, p: Parameters) -> Amount:
    counted = items.supplementary_counted(p.supplementary_share_max)
    free = items.free_capital(p.supplementary_share_max)
    value = ratio(free, items.risk)
    return Amount(
        name="capital_adequacy_ratio",
        as_of=day,
        value=value,
        unit="ratio",
        band=_band(free, items.risk, p),
        working=(
            Step("basic items", "as stated", items.basic_items),
            # FIB 176(1)(vii): supplementary items count until they reach the amount of the basic items.
            Step(
                "supplementary items counted",
                f"min({p.supplementary_share_max} x basic items, {items.supplementary_items})",
                counted,
            ),
            Step("deductions", "as stated", items.deductions),
            Step("own funds not tied up", "basic + supplementary counted - deductions", free),
            Step("market risk", "as stated", items.market_risk),
            Step("counterparty risk", "as stated", items.counterparty_risk),
            Step("basic risk", "as stated", items.basic_risk),
            Step("amount at risk", "market + counterparty + basic risk", items.risk),
            Step("capital adequacy ratio", "own funds not tied up / amount at risk, rounded down", value),
        ),
        evidence=tuple(Evidence("firm_balance", f"{day}|{item}") for item in sorted(ITEMS)),
        facts={"free_capital": free, "risk": items.risk},
    )


def _band(free: Decimal, risk: Decimal, p: Parameters) -> str:
    """From the best down; a ratio exactly at a limit reaches it."""
    bands = ((p.ratio_alert, _NORMAL), (p.ratio_min, "alert"), (p.ratio_suspension, "breach"))
    return next((name for limit, name in bands if reaches(free, risk, limit)), "suspension_possible")


_SEVERITY = {"alert": Severity.medium, "breach": Severity.high, "suspension_possible": Severity.critical}


def _below(stretch: Stretch, ratios: dict[date, Amount], p: Parameters) -> Found:
    worst = min(stretch.days, key=lambda day: (ratios[day].value, day))
    at = ratios[worst]
    band = str(at.band)
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        **_window(stretch),
        score=share(p.ratio_alert - max(at.value, Decimal(0)), p.ratio_alert),
        severity=_SEVERITY[band],
        sentence="default" if band == "alert" else band,
        evidence=tuple(sorted({name for day in stretch.days for name in ratios[day].evidence})),
        facts={
            "ratio": at.value,
            "band": band,
            "day": worst,
            "first_day": stretch.first,
            "last_day": stretch.last,
            "cured_on": stretch.cured_on,
            "below_min_on": next((day for day in stretch.days if ratios[day].band != "alert"), None),
        },
    )


def _no_ratio(stretch: Stretch, stated: dict[date, dict[str, Decimal]]) -> Found:
    missing = sorted({item for day in stretch.days for item in ITEMS if item not in stated[day]})
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        **_window(stretch),
        score=Decimal(0),
        sentence="no_ratio",
        evidence=tuple(sorted(Evidence("firm_balance", f"{day}|{item}") for day in stretch.days for item in stated[day])),
        facts={"first_day": stretch.first, "last_day": stretch.last, "missing": missing or None},
    )


def _below_alert(found: Found, calendar: Calendar) -> Iterator[Obligation]:
    """Notice, daily reports and the plan; the law says "at once" and "without delay", not a number of days."""
    facts: dict[str, Any] = dict(found.facts)
    fell, below_min, regained = facts["first_day"], facts["below_min_on"], facts["cured_on"]
    first_report = calendar.business_days.on_or_after(fell)

    def on(name: str, day: date, due_on: date, because: str, repeats: str | None = None) -> Obligation:
        return Obligation(name=name, due_on=due_on, arose_on=day, because=because, repeats=repeats, evidence=found.evidence)

    yield on("notice_of_fall", fell, fell, "The ratio fell below the alert: notice at once.")
    yield on(
        "daily_report", fell, first_report, "Below the alert: a report every business day, without delay.", "every business day"
    )
    if below_min != fell:
        yield on("plan_to_maintain", fell, first_report, "Attached to the reports while the ratio is below the alert.")
    if below_min is not None:
        attached = calendar.business_days.on_or_after(below_min)
        yield on("plan_to_restore", below_min, attached, "Attached to the reports once the ratio is below the minimum.")
    if regained is not None:
        yield on("notice_of_recovery", regained, regained, "The ratio is at the alert or above again: notice without delay.")


def _publication(end: date, p: Parameters) -> Iterator[Obligation]:
    """The document on the quarter-end ratio goes on display one month later and stays for three."""
    shown_on = months_elapsed_on(end, p.publication_after_months)
    yield Obligation(
        name="quarterly_publication",
        due_on=shown_on,
        arose_on=end,
        because="On display at every office from the day on which a month has elapsed since the quarter-end.",
        facts={"kept_until": months_end_on(shown_on - timedelta(days=1), p.publication_kept_months)},
    )


def _window(stretch: Stretch) -> dict[str, Any]:
    """Whole Japan days, from the first to the end of the last."""
    return {"window_from": starts_at(stretch.first), "window_until": starts_at(stretch.last + timedelta(days=1))}
