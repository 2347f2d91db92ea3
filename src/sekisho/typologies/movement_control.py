"""Movement control: what left the firm's wallets against the registered procedure: persons, signatures, destination, caps.

Movements that come back to the address they left (change) are no movements. What a custodian moves follows the custodian's
own procedure and is left out.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.typologies.registers import (
    Act,
    Destination,
    Key,
    Name,
    Procedure,
    in_force,
    read_destinations,
    read_keys,
    read_procedures,
)
from sekisho.typologies.valuation import EXACT, in_utc, japan_day

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records

NO_PROCEDURE, NOT_APPROVED, TOO_FEW_SIGNERS = "no_procedure", "not_approved", "too_few_signers"
NOT_A_SIGNER, NOT_LISTED, ABOVE_CAP, ONE_PERSON = "not_a_signer", "not_listed", "above_cap", "one_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Coins that left a wallet. ``day`` is a Japan date."""

    txid: str
    occurred_at: datetime
    day: date
    wallet_id: str
    asset: str
    tier: str
    to_address: str
    quantity: Decimal
    authorised_by: str | None

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "chain_movement", self.txid


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One way in which one movement departs from the procedure: what was asked, what there was, and the records that show it."""

    kind: str
    movement: Movement
    asked: Decimal | None = None
    had: Decimal | None = None
    persons: tuple[str, ...] = ()
    names: frozenset[Name] = field(default_factory=frozenset)


def movements_out(records: Records) -> ir.Table:
    """One row for each movement out of a wallet the firm itself keeps, with the wallet and the Japan day."""
    wallets = records.wallet.filter(_.custodian.isnull()).select("wallet_id", "asset", "address", "tier")
    left = records.chain_movement.filter(_.from_address != _.to_address).select(
        "txid", "occurred_at", "asset", "to_address", "quantity", "authorised_by", address=_.from_address
    )
    found = left.inner_join(wallets, ["asset", "address"])
    return found.mutate(day=japan_day(found.occurred_at)).select(
        "txid", "occurred_at", "day", "wallet_id", "asset", "tier", "to_address", "quantity", "authorised_by"
    )


def read_movements(table: ir.Table) -> list[Movement]:
    """The rows of ``movements_out`` in order of time."""
    rows = table.order_by("occurred_at", "txid", "to_address").to_pyarrow().to_pylist()
    return [Movement(**{**row, "occurred_at": in_utc(row["occurred_at"])}) for row in rows]


def read_acts(records: Records, movements: ir.Table) -> dict[str, list[Act]]:
    """What people did about these movements, by the id of the movement and by transaction."""
    acts = records.optional("movement_approval").select(*Act.__dataclass_fields__)
    by_id = acts.semi_join(movements.filter(_.authorised_by.notnull()), acts.movement_id == movements.authorised_by)
    by_txid = acts.filter(_.txid.notnull()).semi_join(movements.filter(_.authorised_by.isnull()), "txid")
    found: dict[str, list[Act]] = defaultdict(list)
    for row in by_id.to_pyarrow().to_pylist():
        found[row["movement_id"]].append(Act(**{**row, "acted_at": in_utc(row["acted_at"])}))
    for row in by_txid.to_pyarrow().to_pylist():
        found[f"txid {row['txid']}"].append(Act(**{**row, "acted_at": in_utc(row["acted_at"])}))
    return {key: sorted(each, key=lambda a: (a.acted_at, a.act, a.party_id)) for key, each in found.items()}


def acts_of(movement: Movement, acts: Mapping[str, Sequence[Act]]) -> Sequence[Act]:
    """What people did about one movement until it left."""
    key = f"txid {movement.txid}" if movement.authorised_by is None else movement.authorised_by
    return [each for each in acts.get(key, ()) if each.acted_at <= movement.occurred_at]


@dataclass(frozen=True, slots=True)
class Deviations:
    """What departed from the procedure, and every day on which each wallet moved coins that could be held against it."""

    found: Sequence[Deviation]
    days: Mapping[str, Sequence[date]]


def deviations(records: Records, persons_min: int) -> Deviations:
    """Every departure of a movement from the procedure of its wallet on that day.

    A cold wallet needs a procedure; a hot wallet without one is not held against anything. ``persons_min`` is how many
    persons must have had a part where persons sign at all.
    """
    procedures, allowed, keys = read_procedures(records), read_destinations(records), read_keys(records)
    out = movements_out(records)
    out = out.filter((out.tier == "cold") | out.wallet_id.isin(sorted(procedures)))
    moved, acts = read_movements(out), read_acts(records, out)
    found: list[Deviation] = []
    days: dict[str, list[date]] = defaultdict(list)
    by_wallet: dict[str, list[Movement]] = defaultdict(list)
    for movement in moved:
        by_wallet[movement.wallet_id].append(movement)
        rules = in_force(procedures.get(movement.wallet_id, ()), movement.day)
        if not rules and movement.tier != "cold":
            continue
        if movement.day not in days[movement.wallet_id][-1:]:
            days[movement.wallet_id].append(movement.day)
        if not rules:
            found.append(Deviation(kind=NO_PROCEDURE, movement=movement))
            continue
        done = acts_of(movement, acts)
        found += _persons(movement, rules[-1], done, keys.get(movement.wallet_id, ()), persons_min)
        found += _destination(movement, rules[-1], allowed.get(movement.wallet_id, ()))
    for wallet, each in by_wallet.items():
        found += _caps(each, procedures.get(wallet, ()))
    return Deviations(found, days)


def _persons(
    movement: Movement, rule: Procedure, acts: Sequence[Act], keys: Sequence[Key], persons_min: int
) -> Iterator[Deviation]:
    """Approvals by others than the one who asked, signatures by holders of keys, and several persons in all."""

    def deviation(kind: str, asked: int, persons: set[str]) -> Deviation:
        names = frozenset({rule.name, *(act.name for act in acts)})
        return Deviation(
            kind=kind,
            movement=movement,
            asked=Decimal(asked),
            had=Decimal(len(persons)),
            persons=tuple(sorted(persons)),
            names=names,
        )

    by_act: dict[str, set[str]] = defaultdict(set)
    for act in acts:
        by_act[act.act].add(act.party_id)
    approvers = by_act["approved"] - by_act["requested"]
    signers = by_act["signed"]
    if len(approvers) < rule.approvals_min:
        yield deviation(NOT_APPROVED, rule.approvals_min, approvers)
    if len(signers) < rule.signatures_min:
        yield deviation(TOO_FEW_SIGNERS, rule.signatures_min, signers)
    holders = {key.party_id for key in in_force(keys, movement.day) if key.use == "signing" and key.party_id is not None}
    strangers = signers - holders
    if strangers and keys:
        yield deviation(NOT_A_SIGNER, len(signers), strangers)
    everybody = by_act["requested"] | by_act["approved"] | signers
    if rule.signatures_min and everybody and len(everybody) < persons_min:
        yield deviation(ONE_PERSON, persons_min, everybody)


def _destination(movement: Movement, rule: Procedure, allowed: Sequence[Destination]) -> Iterator[Deviation]:
    if rule.listed_destinations_only and movement.to_address not in {each.address for each in in_force(allowed, movement.day)}:
        yield Deviation(kind=NOT_LISTED, movement=movement, names=frozenset({rule.name}))


def _caps(moved: Sequence[Movement], procedures: Sequence[Procedure]) -> Iterator[Deviation]:
    """Movements above the cap of one, and those that bring what left within a short time above its cap."""
    recent: deque[Movement] = deque()
    left = Decimal(0)
    for movement in moved:
        rules = in_force(procedures, movement.day)
        if not rules:
            continue
        rule = rules[-1]
        names = frozenset({rule.name})
        if rule.quantity_max is not None and movement.quantity > rule.quantity_max:
            yield Deviation(kind=ABOVE_CAP, movement=movement, asked=rule.quantity_max, had=movement.quantity, names=names)
        if rule.window_quantity_max is None or rule.window_minutes is None:
            continue
        recent.append(movement)
        left = EXACT.add(left, movement.quantity)
        while movement.occurred_at - recent[0].occurred_at > timedelta(minutes=rule.window_minutes):
            left = EXACT.subtract(left, recent.popleft().quantity)
        if left > rule.window_quantity_max and len(recent) > 1:
            names |= {each.name for each in recent}
            yield Deviation(kind=ABOVE_CAP, movement=movement, asked=rule.window_quantity_max, had=left, names=names)
