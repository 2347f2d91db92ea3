"""Scam names: does a transfer name a website that looks made up to pass for a crypto-asset service?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sekisho.engine.answers import Evidence, Fact, Found, Outcome, Reason
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.custody import share
from sekisho.typologies.named_sites import DOTS, worst_site
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.engine.requests import Request, View
    from sekisho.records import Records
    from sekisho.rulebook import Parameters
    from sekisho.typologies.scam_names import Judged


def decide(request: Request, view: View, p: Parameters) -> Iterator[Reason]:
    """Hold a transfer out that names such a site until somebody approves it; warn about a weaker one until that is acknowledged."""
    if not isinstance(request, TransferRequest) or request.direction != "out":
        return
    site = worst_site((request.payee_site, request.purpose))
    if site is None or site.points < p.points_warn:
        return
    done = {event.kind for event in view.events_of_request(request.transfer_id)}
    facts = _facts(request.transfer_id, request.account_id, site)
    if site.points >= p.points_hold:
        if "approved" not in done:
            yield Reason(outcome=Outcome.hold, sentence="held", facts=facts)
    elif request.warning_acknowledged_at is None and "warning_acknowledged" not in done:
        yield Reason(outcome=Outcome.warn, sentence="warned", facts=facts)


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """Transfers that left without approval or acknowledgement; a payee's site counts where the purpose on record names it."""
    out = records.transfer.filter((records.transfer.direction == "out") & records.transfer.released_at.notnull())
    columns = ("transfer_id", "account_id", "asset", "value_jpy", "purpose", "warning_acknowledged_at", "released_at")
    rows = out.filter(out.purpose.re_search(DOTS)).select(*columns).order_by("transfer_id").to_pyarrow().to_pylist()
    done = _done(records)
    for row in rows:
        site = worst_site((row["purpose"],))
        if site is None or site.points < p.points_warn:
            continue
        released_at = in_utc(row["released_at"])
        told = {kind: at for kind, at in done[row["transfer_id"]].items() if at <= released_at}
        held = site.points >= p.points_hold
        acknowledged_at = row["warning_acknowledged_at"]
        warned = "warning_acknowledged" in told or (acknowledged_at is not None and in_utc(acknowledged_at) <= released_at)
        if not ("approved" in told if held else warned):
            yield _found(row, site, released_at, held, p)


def _done(records: Records) -> Mapping[str, dict[str, datetime]]:
    """When each kind of event of a request first happened."""
    done: dict[str, dict[str, datetime]] = defaultdict(dict)
    rows = records.optional("request_event").select("request_id", "kind", "occurred_at").to_pyarrow().to_pylist()
    for row in rows:
        at = in_utc(row["occurred_at"])
        done[row["request_id"]][row["kind"]] = min(at, done[row["request_id"]].get(row["kind"], at))
    return done


def _facts(transfer_id: str, account_id: str, site: Judged) -> dict[str, Fact]:
    return {
        "transfer": transfer_id,
        "account": account_id,
        "site": site.name.host,
        "points": site.points,
        "signs": ", ".join(site.signs),
        "brand": site.brand,
    }


def _found(row: dict[str, Any], site: Judged, released_at: datetime, held: bool, p: Parameters) -> Found:
    return Found(
        subject_kind="account",
        subject_id=row["account_id"],
        asset=row["asset"],
        window_from=released_at,
        window_until=released_at + timedelta.resolution,
        score=share(Decimal(site.points), Decimal(p.points_full)),
        amount_jpy=row["value_jpy"],
        sentence="default" if held else "unwarned",
        evidence=(Evidence("transfer", row["transfer_id"]),),
        facts={**_facts(row["transfer_id"], row["account_id"], site), "released_at": released_at},
    )
