"""Reconciliation: does the chain hold what the ledger owes customers, every business day, and how long was it short?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Fact, Found, Obligation, Severity
from sekisho.typologies.business_days import BusinessDays
from sekisho.typologies.custody import (
    Chain,
    Ledger,
    Name,
    Stretch,
    largest_balances,
    quantities_stated,
    read_chain,
    read_ledger,
    share,
    stretches,
)
from sekisho.typologies.ledger_gap import Gap, compare, gaps, is_customers
from sekisho.typologies.valuation import EXACT, Cutoff, Prices, read_prices, starts_at
from sekisho.typologies.worst_moment import Peak, peaks_between_cutoffs

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each continuous gap of an asset, and for each run of business days without reconciliation."""
    cutoff = Cutoff.parse(p.cutoff)
    prices = read_prices(records, cutoff, p.price_source, timedelta(seconds=int(p.price_age_seconds_max)))
    chain, ledger = read_chain(records, cutoff), read_ledger(records)
    named = partial(largest_balances, records, number=p.ledger_evidence_max)
    compared = {day: compare(chain, ledger, day) for day in sorted(ledger)}
    least = peaks_between_cutoffs(records, chain, cutoff, lambda wallet: Decimal(-1) if is_customers(wallet) else Decimal(0))
    for asset in sorted({asset for each in compared.values() for asset in each}):
        of_asset = {day: each[asset] for day, each in compared.items() if asset in each}
        for gap in gaps(asset, of_asset, {day: each.short for day, each in of_asset.items()}, _term(p)):
            yield _shortfall(gap, prices, named, _worst_moment(gap, ledger, least, cutoff))
        if p.own_buffer_max is not None:
            allowed = quantities_stated(p.own_buffer_max).get(asset, Decimal(0))
            over = {day: EXACT.subtract(each.short.copy_negate(), allowed) for day, each in of_asset.items()}
            for gap in gaps(asset, of_asset, over, p.excess_cure_business_days):
                yield _excess(gap, allowed, named)
    yield from _not_reconciled(chain, ledger, partial(largest_balances, records, number=1))


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The day by which each shortfall has to be made good and each excess taken out."""
    names = {"excess": "take_out_excess"}
    for trigger in calendar.triggers:
        if isinstance(trigger, Found) and "deadline" in trigger.facts:
            yield Obligation(
                name=names.get(trigger.sentence, "make_good_shortfall"),
                due_on=trigger.facts["deadline"],  # type: ignore[arg-type]  # _facts puts dates there
                arose_on=trigger.facts["first_day"],  # type: ignore[arg-type]
                because=f"{trigger.facts['term']} business days, the day after {trigger.facts['first_day']} being day 1",
                evidence=trigger.evidence,
                facts={"asset": trigger.asset, "gap": trigger.facts["gap"], "cured_on": trigger.facts["cured_on"]},
            )


def _term(p: Parameters) -> int:
    """The cure term, or the customers' contractual withdrawal term where the exchange states a shorter one."""
    contractual: int | None = p.withdrawal_business_days
    cure: int = p.cure_business_days
    return cure if contractual is None else min(cure, contractual)


_Named = Callable[[Sequence[date], Sequence[str]], set[Name]]
"""Names the largest customer balances of assets on days."""


def _shortfall(gap: Gap, prices: Prices, named: _Named, sensitivity: Mapping[str, Fact]) -> Found:
    at, state = gap.compared[gap.worst], gap.stretch.state(gap.deadline)
    quote = prices.quote(gap.asset, gap.worst)
    names = gap.names | named([gap.worst], [gap.asset]) | ({quote.name} if quote else set())
    return Found(
        subject_kind="asset",
        subject_id=gap.asset,
        asset=gap.asset,
        **_window(gap.stretch),
        score=share(at.short, at.ledger),
        severity={"late": Severity.critical, "open": Severity.high}.get(state),
        sentence={"open": "default"}.get(state, state),
        amount_jpy=prices.value(gap.asset, at.short, gap.worst),
        evidence=_evidence(names),
        facts={**_facts(gap), **sensitivity},
    )


def _worst_moment(gap: Gap, ledger: Ledger, least: Mapping[tuple[date, str], Peak], cutoff: Cutoff) -> dict[str, Fact]:
    """How short the day of the largest gap was at worst: at the cut-off, or before it, against what was owed the day before."""
    day = gap.worst
    at_cutoff: dict[str, Fact] = {"worst_gap": gap.size[day], "worst_at": cutoff.at(day)}
    peak = least.get((day, gap.asset))
    before = max((each for each in ledger if each < day), default=None)
    if peak is None or before is None:
        return at_cutoff
    short = EXACT.add(ledger[before].get(gap.asset, Decimal(0)), peak.quantity)
    return {"worst_gap": short, "worst_at": peak.at} if short > gap.size[day] else at_cutoff


def _excess(gap: Gap, allowed: Decimal, named: _Named) -> Found:
    return Found(
        subject_kind="asset",
        subject_id=gap.asset,
        asset=gap.asset,
        **_window(gap.stretch),
        score=share(gap.size[gap.worst], gap.compared[gap.worst].chain),
        severity=Severity.high if gap.stretch.state(gap.deadline) == "late" else None,
        sentence="excess",
        evidence=_evidence(gap.names | named([gap.worst], [gap.asset])),
        facts={**_facts(gap), "buffer": allowed},
    )


def _facts(gap: Gap) -> dict[str, Any]:
    at = gap.compared[gap.worst]
    return {
        "ledger": at.ledger,
        "chain": at.chain,
        "gap": gap.size[gap.worst],
        "day": gap.worst,
        "first_day": gap.stretch.first,
        "last_day": gap.stretch.last,
        "term": gap.term,
        "deadline": gap.deadline,
        "cured_on": gap.stretch.cured_on,
        "state": gap.stretch.state(gap.deadline),
        "not_seen_that_day": [one.wallet.wallet_id for one in at.seen if one.day != gap.worst],
    }


def _not_reconciled(chain: Chain, ledger: Ledger, named: _Named) -> Iterator[Found]:
    """Business days on which customers were owed an asset and no wallet of theirs was looked at; one finding per run of days."""
    calendar = BusinessDays()
    days = tuple(day for day in sorted(ledger) if calendar.is_open(day))
    missed = {day: {a for a, owed in ledger[day].items() if owed > 0} - chain.observed_on(day, is_customers) for day in days}
    runs: dict[Stretch, list[str]] = {}
    for asset in sorted({asset for each in missed.values() for asset in each}):
        for stretch in stretches({day: asset in each for day, each in missed.items()}):
            runs.setdefault(stretch, []).append(asset)
    for stretch, assets in sorted(runs.items(), key=lambda run: (run[0].days, run[1])):
        yield Found(
            subject_kind="exchange",
            subject_id="exchange",
            asset=assets[0] if len(assets) == 1 else None,
            **_window(stretch),
            score=share(Decimal(len(stretch.days)), Decimal(len(days))),
            severity=Severity.medium,
            sentence="not_reconciled",
            evidence=_evidence(named(stretch.days, assets)),
            facts={"assets": assets, "missed_days": [day.isoformat() for day in stretch.days]},
        )


def _window(stretch: Stretch) -> dict[str, Any]:
    """Whole Japan days, from the first to the end of the last."""
    return {"window_from": starts_at(stretch.first), "window_until": starts_at(stretch.last + timedelta(days=1))}


def _evidence(names: set[Name]) -> tuple[Evidence, ...]:
    return tuple(Evidence(*name) for name in sorted(names))
