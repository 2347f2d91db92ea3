"""Monetary penalties: which fills balance each other, what the rest earned against later prices, and how days are counted.

All figures are exact decimals. Nothing here knows a law or a number of one: multiples, periods and floors are passed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sekisho.typologies.business_days import months_end_on

ZERO = Decimal(0)


class Line(NamedTuple):
    """One line of a working: what, how, how much."""

    label: str
    expression: str
    value: Decimal


class MissingFigure(LookupError):  # noqa: N818 - the case leaves a figure open, nobody made a mistake
    """A figure the formula needs is not there; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One sale or purchase, or a part of one. ``at`` orders fills; ``name`` is what the case calls it."""

    at: datetime
    side: str
    quantity: Decimal
    price: Decimal
    name: str

    @property
    def value(self) -> Decimal:
        """Price times quantity (価額)."""
        return self.price * self.quantity


def quantity(fills: Iterable[Fill]) -> Decimal:
    """The quantity of fills together."""
    return sum((fill.quantity for fill in fills), ZERO)


def value(fills: Iterable[Fill]) -> Decimal:
    """The value of fills together."""
    return sum((fill.value for fill in fills), ZERO)


def taken_first(fills: Sequence[Fill], wanted: Decimal) -> tuple[tuple[Fill, ...], tuple[Fill, ...]]:
    """The fills, in the order given, up to a quantity (the last one cut), and what remains of them."""
    taken, rest, left = [], [], wanted
    for fill in fills:
        part = min(fill.quantity, left)
        if part > ZERO:
            taken.append(replace(fill, quantity=part))
        if fill.quantity > part:
            rest.append(replace(fill, quantity=fill.quantity - part))
        left -= part
    return tuple(taken), tuple(rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Sales and purchases that balance each other, and the excess of the larger side. Nothing is lost between them."""

    matched_sells: tuple[Fill, ...]
    matched_buys: tuple[Fill, ...]
    excess_sells: tuple[Fill, ...]
    excess_buys: tuple[Fill, ...]


def split_earliest(fills: Iterable[Fill]) -> Split:
    """The balanced quantity is filled from the earliest fills forwards; the excess is what remains."""
    sells, buys = _sides(fills)
    matched = min(quantity(sells), quantity(buys))
    matched_sells, excess_sells = taken_first(sells, matched)
    matched_buys, excess_buys = taken_first(buys, matched)
    return Split(matched_sells=matched_sells, matched_buys=matched_buys, excess_sells=excess_sells, excess_buys=excess_buys)


def split_latest(fills: Iterable[Fill]) -> Split:
    """The excess is filled from the latest fills backwards; what remains balances."""
    sells, buys = _sides(fills)
    sold, bought = quantity(sells), quantity(buys)
    excess_sells, matched_sells = taken_first(sells[::-1], max(ZERO, sold - bought))
    excess_buys, matched_buys = taken_first(buys[::-1], max(ZERO, bought - sold))
    return Split(
        matched_sells=matched_sells[::-1], matched_buys=matched_buys[::-1], excess_sells=excess_sells, excess_buys=excess_buys
    )


def _sides(fills: Iterable[Fill]) -> tuple[list[Fill], list[Fill]]:
    """Sales and purchases in the order of time; fills of one moment keep the order they were given in."""
    ordered = sorted(fills, key=lambda fill: fill.at)
    return [f for f in ordered if f.side == "sell"], [f for f in ordered if f.side == "buy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What is known of one issue (銘柄): the fills that count, the opening position, and the prices to measure against.

    ``opening_long`` and ``opening_short`` are deemed bought and sold at ``opens_at`` for ``opening_price``.
    ``issued`` is the quantity of the offender's own issuance or hand-over; ``issued_base`` the price it is measured from.
    None is "not known", and is asked for only where the formula needs it.
    """

    name: str
    fills: tuple[Fill, ...] = ()
    opens_at: datetime | None = None
    opening_long: Decimal = ZERO
    opening_short: Decimal = ZERO
    opening_price: Decimal | None = None
    opening_price_name: str = "start_price"
    lowest: Decimal | None = None
    highest: Decimal | None = None
    issued: Decimal = ZERO
    average_during: Decimal | None = None
    average_after: Decimal | None = None

    def need(self, figure: Decimal | None, name: str) -> Decimal:
        """The figure; raises MissingFigure naming the issue and the figure."""
        if figure is None:
            raise MissingFigure(f"issue {self.name}: '{name}' is not given and the formula needs it")
        return figure

    def all_fills(self) -> tuple[Fill, ...]:
        """The opening position as the first fills, then the fills of the violation."""
        deemed = []
        for side, held in (("sell", self.opening_short), ("buy", self.opening_long)):
            if held > ZERO:
                assert self.opens_at is not None, "an opening position has a time"
                price = self.need(self.opening_price, self.opening_price_name)
                deemed.append(Fill(at=self.opens_at, side=side, quantity=held, price=price, name=f"opening {side}"))
        return (*deemed, *self.fills)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueAmount:
    """What one issue comes to. ``first`` may be negative; ``second`` never is. ``split`` says how fills were allocated."""

    name: str
    first: Decimal = ZERO
    second: Decimal = ZERO
    lines: tuple[Line, ...] = ()
    split: Split | None = None

    @property
    def amount(self) -> Decimal:
        """Both parts together: a negative first part is taken off the second, what is left of it stays negative."""
        return self.first + self.second


def position_amount(issue: Issue, *, matched: bool) -> IssueAmount:
    """The gain of a series of trades on one issue.

    With ``matched``: what the balanced quantity earned (earliest fills first, may be negative), and the excess.
    Without: the excess only, filled from the latest trades backwards. Each part of the excess is at least zero.
    """
    split = split_earliest(issue.all_fills()) if matched else split_latest(issue.all_fills())
    lines = [
        Line(f"{issue.name}: sold", _sum_of(_merged(split.matched_sells, split.excess_sells)), _sold(split)),
        Line(f"{issue.name}: bought", _sum_of(_merged(split.matched_buys, split.excess_buys)), _bought(split)),
    ]
    first = ZERO
    if matched:
        first = value(split.matched_sells) - value(split.matched_buys)
        lines += [
            Line(f"{issue.name}: balanced quantity", "smaller of sold and bought", quantity(split.matched_sells)),
            Line(f"{issue.name}: value of balanced sales", _product_of(split.matched_sells), value(split.matched_sells)),
            Line(f"{issue.name}: value of balanced purchases", _product_of(split.matched_buys), value(split.matched_buys)),
            Line(f"{issue.name}: gain on the balanced quantity", "balanced sales - balanced purchases", first),
        ]
    second, excess_lines = _excess(issue, split)
    issued, issued_lines = _issued(issue)
    return IssueAmount(
        name=issue.name, first=first, second=second + issued, lines=(*lines, *excess_lines, *issued_lines), split=split
    )


def _excess(issue: Issue, split: Split) -> tuple[Decimal, list[Line]]:
    if split.excess_sells:
        excess, got = quantity(split.excess_sells), value(split.excess_sells)
        lowest = issue.need(issue.lowest, "lowest_price")
        gain = got - lowest * excess
        lines = [
            Line(f"{issue.name}: excess of sales", "sold - bought", excess),
            Line(f"{issue.name}: value of the excess sales", _product_of(split.excess_sells), got),
            Line(f"{issue.name}: excess at the lowest price after", f"{excess} x {lowest}", lowest * excess),
        ]
    elif split.excess_buys:
        excess, paid = quantity(split.excess_buys), value(split.excess_buys)
        highest = issue.need(issue.highest, "highest_price")
        gain = highest * excess - paid
        lines = [
            Line(f"{issue.name}: excess of purchases", "bought - sold", excess),
            Line(f"{issue.name}: excess at the highest price after", f"{excess} x {highest}", highest * excess),
            Line(f"{issue.name}: value of the excess purchases", _product_of(split.excess_buys), paid),
        ]
    else:
        return ZERO, [Line(f"{issue.name}: excess", "sold = bought", ZERO)]
    return max(ZERO, gain), [*lines, Line(f"{issue.name}: gain on the excess", f"max(0, {gain:f})", max(ZERO, gain))]


def _issued(issue: Issue) -> tuple[Decimal, list[Line]]:
    if issue.issued == ZERO:
        return ZERO, []
    highest = issue.need(issue.highest, "highest_price")
    base = issue.need(issue.opening_price, issue.opening_price_name)
    gain = max(ZERO, highest * issue.issued - base * issue.issued)
    return gain, [Line(f"{issue.name}: own issuance", f"max(0, {issue.issued} x ({highest} - {base}))", gain)]


def directional_amount(issue: Issue) -> IssueAmount:
    """What sales saved against the lowest price after, and purchases gain at the highest: no netting, no floor."""
    lines, total = [], ZERO
    for fill in sorted(issue.fills, key=lambda one: one.at):
        if fill.side == "sell":
            mark = issue.need(issue.lowest, "lowest_price")
            gain = fill.value - mark * fill.quantity
            how = f"{fill.quantity} x ({fill.price} - lowest {mark})"
        else:
            mark = issue.need(issue.highest, "highest_price")
            gain = mark * fill.quantity - fill.value
            how = f"{fill.quantity} x (highest {mark} - {fill.price})"
        total += gain
        lines.append(Line(f"{issue.name}: {fill.side} {fill.name}", how, gain))
    return IssueAmount(name=issue.name, first=total, lines=tuple(lines))


def stabilising_amount(issue: Issue, later: Sequence[Fill]) -> IssueAmount:
    """The gain of a series that holds a price: balanced trades, and what the opening position was spared or gained.

    ``later`` are trades after the end of the series; they count only as far as they close what the series left open.
    Which fills balance is not told where one side is larger; the earliest are taken.
    """
    sold, bought = (quantity(f for f in issue.fills if f.side == side) for side in ("sell", "buy"))
    closing: list[Fill] = []
    for side, room in (("sell", max(ZERO, bought - sold)), ("buy", max(ZERO, sold - bought))):
        mine = sorted((f for f in later if f.side == side), key=lambda f: f.at)
        closing += taken_first(mine, room)[0]
    split = split_earliest((*issue.fills, *closing))
    first = value(split.matched_sells) - value(split.matched_buys)
    lines = [
        Line(f"{issue.name}: later trades that close the series", _sum_of(closing), quantity(closing)),
        Line(f"{issue.name}: value of sales", _product_of(split.matched_sells), value(split.matched_sells)),
        Line(f"{issue.name}: value of purchases", _product_of(split.matched_buys), value(split.matched_buys)),
        Line(f"{issue.name}: gain of the series", "sales - purchases, balanced quantity only", first),
    ]
    second = ZERO
    net = issue.opening_short - issue.opening_long
    for held, sign, what in ((net, 1, "short"), (-net, -1, "long"), (issue.issued, -1, "own issuance")):
        if held <= ZERO:
            continue
        during = issue.need(issue.average_during, "average_price_during")
        after = issue.need(issue.average_after, "average_price_after")
        gain = max(ZERO, (after - during) * sign * held)
        how = f"max(0, ({after} - {during}) x {held})" if sign > 0 else f"max(0, ({during} - {after}) x {held})"
        second += gain
        lines.append(Line(f"{issue.name}: {what}", how, gain))
    return IssueAmount(name=issue.name, first=first, second=second, lines=tuple(lines), split=split)


def rounded_down(amount: Decimal, unit: Decimal, least: Decimal) -> Decimal:
    """The amount rounded down to a multiple of ``unit``; zero where it is below ``least``."""
    return ZERO if amount < least else amount // unit * unit


@dataclass(frozen=True, slots=True)
class Window:
    """Japan days from ``first`` to ``last``, both counted."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def weeks_after(published_at: datetime, weeks: int, zone: timedelta = timedelta(hours=9)) -> Window:
    """The days until weeks have passed since a moment: its own day, then whole weeks from the next day on.

    A period that starts at midnight counts its first day (Civil Code, article 140).
    """
    local = published_at + zone
    day = local.date()
    starts_at_midnight = (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    return Window(day, day + timedelta(weeks=weeks) - timedelta(days=int(starts_at_midnight)))


def month_after(ended_on: date, months: int) -> Window:
    """The day something ended and the days until months have passed (Civil Code, article 143)."""
    return Window(ended_on, months_end_on(ended_on, months))


def back(day: date, *, months: int = 0, years: int = 0) -> date:
    """The corresponding day months or years earlier; the last of the month where there is none."""
    year, month0 = divmod((day.year - years) * 12 + day.month - 1 - months, 12)
    for number in range(day.day, 27, -1):
        try:
            return date(year, month0 + 1, number)
        except ValueError:
            continue
    return date(year, month0 + 1, min(day.day, 28))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reductions:
    """What changes an amount after rounding. None of them holds unless said so."""

    repeat_multiple: Decimal | None = None
    halved: Decimal = ZERO
    halved_share: Decimal = Decimal(1)
    confiscated: Decimal = ZERO
    lines: tuple[Line, ...] = field(default=())


def ordered_amount(computed: Decimal, unit: Decimal, least: Decimal, changes: Reductions) -> tuple[Decimal, list[Line]]:
    """From the computed amount to the amount ordered: rounded, reduced, raised, cut to whole yen, less what was confiscated."""
    amount = rounded_down(computed, unit, least)
    lines = [Line("computed amount", "sum of the parts", computed)]
    how = f"below {least}: no order" if amount == ZERO else f"rounded down to a multiple of {unit}"
    lines.append(Line("rounded amount", how, amount))
    if changes.halved > ZERO:
        part = min(amount, rounded_down(changes.halved, unit, ZERO))
        amount = amount - part + part * changes.halved_share
        lines.append(Line("reported before the investigation", f"{part} of it x {changes.halved_share}", amount))
    if changes.repeat_multiple is not None:
        amount = amount * changes.repeat_multiple // 1
        lines.append(Line("repeated", f"x {changes.repeat_multiple}, whole yen", amount))
    if changes.confiscated > ZERO:
        left = amount - changes.confiscated if amount > changes.confiscated else ZERO
        lines.append(Line("confiscated or collected in the same case", f"max(0, {amount} - {changes.confiscated})", left))
        amount = left
    return amount, lines


def _sold(split: Split) -> Decimal:
    return quantity(split.matched_sells) + quantity(split.excess_sells)


def _bought(split: Split) -> Decimal:
    return quantity(split.matched_buys) + quantity(split.excess_buys)


def _merged(*parts: Iterable[Fill]) -> list[Fill]:
    """Parts of one fill put together again, in the order of time."""
    whole: dict[tuple[datetime, str], Fill] = {}
    for fill in (fill for part in parts for fill in part):
        key = (fill.at, fill.name)
        whole[key] = replace(fill, quantity=fill.quantity + (whole[key].quantity if key in whole else ZERO))
    return sorted(whole.values(), key=lambda fill: fill.at)


_SHOWN_MAX = 12


def _sum_of(fills: Sequence[Fill]) -> str:
    return _short([f"{fill.quantity:f} ({fill.name})" for fill in fills])


def _product_of(fills: Sequence[Fill]) -> str:
    return _short([f"{fill.quantity:f} x {fill.price:f}" for fill in fills])


def _short(terms: list[str]) -> str:
    if len(terms) > _SHOWN_MAX:
        return f"{' + '.join(terms[:_SHOWN_MAX])} + {len(terms) - _SHOWN_MAX} more, listed in the allocation"
    return " + ".join(terms) or "none"
