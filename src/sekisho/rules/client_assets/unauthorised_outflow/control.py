"""Unauthorised outflow: coins that left custody without approval or for another address, and gaps in the logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Fact, Found, Obligation, Severity
from sekisho.typologies.business_days import months_end_on
from sekisho.typologies.custody import Name, share
from sekisho.typologies.outflow import FEE, SUBSTITUTED, TO_HOUSE, UNAUTHORISED
from sekisho.typologies.outflow_gaps import NOT_LOGGED, Gap
from sekisho.typologies.outflow_investigation import Told, investigate, settings_of
from sekisho.typologies.valuation import JAPAN, total

if TYPE_CHECKING:
    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_MOMENT = timedelta(microseconds=1)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each outflow event, and one for each kind of gap in the logs."""
    investigation = investigate(records, settings_of(p))
    for told in investigation.told:
        yield _outflow(told, p)
    for gap in investigation.gaps:
        if gap.names:
            yield _gap(gap)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """The report on recognition has no number of days; where the cause stays unknown the state is reported within a month."""
    for trigger in calendar.triggers:
        if isinstance(trigger, Found) and trigger.facts.get("reportable") and p.status_report_months is not None:
            arose_on = (trigger.window_from + JAPAN).date()
            yield Obligation(
                name="status_report",
                due_on=months_end_on(arose_on, p.status_report_months),
                arose_on=arose_on,
                because=(
                    f"{p.status_report_months} month, counted from the day of the first movement: "
                    "the earliest day on which it could be recognised"
                ),
                evidence=trigger.evidence,
                facts={"subject": trigger.subject_id},
            )


def _outflow(told: Told, p: Parameters) -> Found:
    event, route = told.event, told.route
    kind = event.kinds[0]
    assets = tuple(event.lost)
    names: set[Name] = set(route.names) | {quote.name for quote in told.value.quotes}
    names = names.union(*(o.names for o in event.outflows), *(cover.names for cover in told.covers))
    names |= {("chain_movement", step.txid) for step in told.trail.steps}
    wallets = [wallet.wallet_id for wallet in route.wallets]
    return Found(
        subject_kind="wallet" if len(wallets) == 1 else "exchange",
        subject_id=wallets[0] if len(wallets) == 1 else "exchange",
        asset=assets[0] if len(assets) == 1 else None,
        window_from=event.first_at,
        window_until=event.last_at + _MOMENT,
        score=_score(told),
        severity={FEE: Severity.medium, TO_HOUSE: Severity.high}.get(kind, Severity.critical),
        sentence={UNAUTHORISED: "default"}.get(kind, kind),
        amount_jpy=told.value.amount_jpy,
        evidence=tuple(Evidence(*name) for name in sorted(names)),
        facts=_facts(told, p),
    )


def _score(told: Told) -> Decimal:
    """The largest share of an asset owed to clients that left; 1 where nothing says what is owed."""
    shares = [share(cover.lost, cover.owed) for cover in told.covers if cover.owed]
    return max(shares, default=Decimal(1))


def _facts(told: Told, p: Parameters) -> dict[str, Fact]:
    event, route, trail = told.event, told.route, told.trail
    substituted = [o for o in event.outflows if o.kind == SUBSTITUTED]
    first = substituted[0] if substituted else event.outflows[0]
    return {
        "reportable": event.kinds[0] not in (FEE, TO_HOUSE),
        "kinds": list(event.kinds),
        "quantities": [f"{asset} {quantity.normalize():f}" for asset, quantity in event.lost.items()],
        "quantity": next(iter(event.lost.values())) if len(event.lost) == 1 else None,
        "transactions": len(event.txids),
        "worth": None if told.value.amount_jpy is None else told.value.amount_jpy.quantize(Decimal(1)),
        "not_valued": list(told.value.not_valued) or None,
        "wallets": [wallet.wallet_id for wallet in route.wallets],
        "destinations": sorted({o.payment.row_to for o in event.outflows}),
        "authorised_by": sorted({o.payment.authorised_by for o in event.outflows if o.payment.authorised_by}) or None,
        "approved_address": first.approved_address,
        "paid_address": first.payment.row_to,
        "changed_at": first.changed_at,
        "look_alike": any(o.look_alike for o in substituted),
        "inferred": any(o.inferred for o in substituted),
        "signers_required": min((w.signers_required for w in route.wallets if w.signers_required is not None), default=None),
        "signers_total": max((w.signers_total for w in route.wallets if w.signers_total is not None), default=None),
        "single_signer": route.single_signer,
        "kept_together": list(route.kept_together) or None,
        "signers": list(route.signers) or None,
        "hops": trail.hops,
        "trail": [_step(step) for step in trail.steps[: p.listed_max]],
        "ends": [f"{end.address} {end.asset} {end.quantity.normalize():f} ({end.why})" for end in trail.ends[: p.listed_max]],
        "peel_chains": len(trail.peels),
        "clients": sum(cover.affected for cover in told.covers) if told.covers else 0,
        "clients_by_asset": [f"{cover.asset} {cover.affected}" for cover in told.covers],
        "short": [f"{cover.asset} {cover.short.normalize():f}" for cover in told.covers],
        "diverted": list(told.diverted) or None,
        "at_risk": [held.wallet.wallet_id for held in told.at_risk] or None,
    }


def _step(step: Any) -> str:
    return f"{step.hop}: {step.from_address} → {step.to_address} {step.asset} {step.quantity.normalize():f}"


def _gap(gap: Gap) -> Found:
    quantities = dict(gap.quantity)
    return Found(
        subject_kind="exchange",
        subject_id="exchange",
        asset=next(iter(quantities)) if len(quantities) == 1 else None,
        window_from=gap.first_at,
        window_until=gap.last_at + _MOMENT,
        score=Decimal(0),
        severity=Severity.high if gap.kind == NOT_LOGGED else None,
        sentence=gap.kind,
        evidence=tuple(Evidence(*name) for name in sorted(gap.names)),
        facts={
            "number": gap.number,
            "items": list(gap.items),
            "quantities": [f"{asset} {quantity.normalize():f}" for asset, quantity in quantities.items()] or None,
            "quantity": total(quantities.values()) if len(quantities) == 1 else None,
        },
    )
