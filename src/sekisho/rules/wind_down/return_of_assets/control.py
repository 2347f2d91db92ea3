"""Return of client assets: what a closing exchange still owes back, client by client, what went back, and since how many days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Amount, Evidence, Obligation, Step
from sekisho.typologies.estate import ledger_day
from sekisho.typologies.winding import Client, Event, Progress, progress, read_events

if TYPE_CHECKING:
    from datetime import date

    from sekisho.engine.calendar import Calendar
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

STARTS = ("ceased", "revoked", "closure_planned", "dissolution_planned")


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """For each asset what is still to go back, then the largest claims still open, each with the days elapsed."""
    began = _began(records, p)
    if began is None:
        return
    day = ledger_day(records, began.effective_on)
    for one in progress(records, began.effective_on, p.as_of, int(p.clients_listed_max)):
        assert day is not None
        yield _asset(one, began, p)
        for client in one.largest:
            yield _client(client, began, day, p)


def due(calendar: Calendar, p: Parameters) -> Iterator[Obligation]:
    """All that is open is to go back promptly: the law names no day, so the day the duty arose is shown."""
    for trigger in calendar.triggers:
        if isinstance(trigger, Amount) and trigger.value > 0:
            facts: dict[str, Any] = dict(trigger.facts)
            yield Obligation(
                name="return_to_client" if trigger.name == "outstanding_of_client" else "return_of_asset",
                due_on=facts["began_on"],
                arose_on=facts["began_on"],
                because="Client assets are returned or moved to clients promptly; no number of days is named.",
                evidence=trigger.evidence,
                facts={**facts, "outstanding": trigger.value, "asset": trigger.unit},
            )


def _began(records: Records, p: Parameters) -> Event | None:
    """The event that set the duty going: the business ended, as it was planned or by revocation."""
    events = [one for one in read_events(records, STARTS, p.as_of) if one.effective_on <= p.as_of]
    return min(events, key=lambda one: (one.effective_on, one.event_id), default=None)


def _asset(one: Progress, began: Event, p: Parameters) -> Amount:
    return Amount(
        name="outstanding",
        as_of=p.as_of,
        value=one.outstanding,
        unit=one.asset,
        band="open" if one.outstanding else "returned",
        working=(
            Step("owed when the duty began", "books of the last day on or before it", one.owed),
            Step("returned since", "returns on record", one.returned),
            Step("outstanding", "owed - returned, at least 0", one.outstanding),
        ),
        evidence=(Evidence(*began.name),),
        facts=_elapsed(began, p) | {"clients": one.clients, "clients_left": one.clients_left, "returned": one.returned},
    )


def _client(client: Client, began: Event, day: date, p: Parameters) -> Amount:
    return Amount(
        name="outstanding_of_client",
        as_of=p.as_of,
        value=client.outstanding,
        unit=client.asset,
        band="open",
        working=(
            Step("owed when the duty began", "books of the last day on or before it", client.owed),
            Step("returned since", "returns on record", client.returned),
            Step("outstanding", "owed - returned, at least 0", client.outstanding),
        ),
        evidence=(Evidence("customer_balance", f"{client.account_id}|{client.asset}|{day}"), Evidence(*began.name)),
        facts=_elapsed(began, p) | {"account_id": client.account_id, "returned": client.returned, "last_return_at": client.last_at},
    )


def _elapsed(began: Event, p: Parameters) -> dict[str, Any]:
    return {"event": began.kind, "began_on": began.effective_on, "days_elapsed": (p.as_of - began.effective_on).days}
