"""Duties: who in fact both moved an asset and compared it with the books, and whether a duty had somebody on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ibis import _

from sekisho.typologies.registers import Act, Duty, Name, holds_on
from sekisho.typologies.valuation import in_utc, japan_day

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from sekisho.records import Records


def staffed(duties: Iterable[Duty], day: date) -> bool:
    """Whether anybody has one of these duties on a day."""
    return any(holds_on(duty, day) for duty in duties)


@dataclass(frozen=True, slots=True)
class Both:
    """A person who signed movements of an asset and compared movements of it on the same Japan day, or the same movement."""

    party_id: str
    asset: str
    movements: tuple[str, ...]
    first: date
    last: date
    names: frozenset[Name]


def did_both(records: Records) -> Iterator[Both]:
    """Every person and asset for which signing and reconciling met on one day, or in one movement on whatever day."""
    acts = records.optional("movement_approval")
    acts = acts.filter(_.act.isin(["signed", "reconciled"])).mutate(day=japan_day(acts.acted_at))
    met = _meeting(acts, ["party_id", "asset", "day"]).union(_meeting(acts, ["party_id", "asset", "movement_id"]), distinct=True)
    grouped: dict[tuple[str, str], list[tuple[Act, date]]] = defaultdict(list)
    for row in met.order_by("party_id", "asset", "acted_at", "movement_id", "act").to_pyarrow().to_pylist():
        day = row.pop("day")
        act = Act(**{**row, "acted_at": in_utc(row["acted_at"])})
        grouped[act.party_id, act.asset].append((act, day))
    for (party, asset), each in sorted(grouped.items()):
        yield Both(
            party,
            asset,
            tuple(sorted({act.movement_id for act, _day in each})),
            min(day for _act, day in each),
            max(day for _act, day in each),
            frozenset(act.name for act, _day in each),
        )


def _meeting(acts: ir.Table, by: list[str]) -> ir.Table:
    """The acts of groups that hold both kinds."""
    kinds = acts.group_by(by).aggregate(kinds=_.act.nunique())
    return acts.semi_join(kinds.filter(_.kinds > 1), by).select(*Act.__dataclass_fields__, "day")
