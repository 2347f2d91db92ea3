"""Capital: own funds that are not tied up, against the amounts at risk, with every step of the sum shown.

All amounts are exact yen. Whether a ratio reaches a limit is decided by multiplication, never by the rounded quotient.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from typing import TYPE_CHECKING

from sekisho.typologies.valuation import EXACT, total

if TYPE_CHECKING:
    from sekisho.records import Records

_RATIO_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapitalItems:
    """The amounts a capital adequacy ratio is made of."""

    basic_items: Decimal
    supplementary_items: Decimal
    deductions: Decimal
    market_risk: Decimal
    counterparty_risk: Decimal
    basic_risk: Decimal

    def supplementary_counted(self, share_of_basic_max: Decimal) -> Decimal:
        """Supplementary items count only up to a share of the basic items, and not at all when those are negative."""
        cap = EXACT.multiply(share_of_basic_max, max(self.basic_items, Decimal(0)))
        return min(cap, self.supplementary_items)

    def free_capital(self, share_of_basic_max: Decimal) -> Decimal:
        """Own funds that are not tied up: basic and counted supplementary items less deductions."""
        return total((self.basic_items, self.supplementary_counted(share_of_basic_max), self.deductions.copy_negate()))

    @property
    def risk(self) -> Decimal:
        """Market, counterparty and basic risk together."""
        return total((self.market_risk, self.counterparty_risk, self.basic_risk))


def reaches(free_capital: Decimal, risk: Decimal, limit: Decimal) -> bool:
    """Whether free capital is at least ``limit`` times the amount at risk, decided exactly."""
    return free_capital >= EXACT.multiply(limit, risk)


def ratio(free_capital: Decimal, risk: Decimal) -> Decimal:
    """The ratio to six decimals, rounded down so that it never looks better than it is. ``risk`` is above 0."""
    assert risk > 0, "a ratio needs an amount at risk"
    with localcontext(Context(prec=100, rounding=ROUND_FLOOR)):
        return (free_capital / risk).quantize(_RATIO_STEP)


ITEMS = ("basic_items", "supplementary_items", "deductions", "market_risk", "counterparty_risk", "basic_risk")
"""The items of ``firm_balance`` a ratio is made of."""

_NONE = Decimal(0)


def read_stated(records: Records) -> dict[date, dict[str, Decimal]]:
    """The capital and risk items of each day that states at least one of them, in order of days."""
    stated: dict[date, dict[str, Decimal]] = defaultdict(dict)
    rows = records.firm_balance.filter(records.firm_balance.item.isin(ITEMS)).order_by("as_of_date", "item")
    for row in rows.to_pyarrow().to_pylist():
        stated[row["as_of_date"]][row["item"]] = row["amount_jpy"]
    return stated


def items_of(amounts: Mapping[str, Decimal]) -> CapitalItems | None:
    """The items of a day; None when one is missing or nothing is at risk, so that no ratio exists."""
    if set(amounts) != set(ITEMS):
        return None
    items = CapitalItems(**amounts)
    return items if items.risk > 0 else None


@dataclass(frozen=True, slots=True)
class Debt:
    """One subordinated debt with the amount owed from ``since`` until the day before ``until``."""

    debt_id: str
    since: date
    until: date | None
    amount: Decimal
    contracted_on: date
    due_on: date
    secured: bool
    early_repayment: str
    payments_stop: str
    not_counted: Decimal

    def is_long(self, years: int) -> bool:
        """Unsecured, for more than ``years``, repaid early only with approval, interest stopping below the minimum."""
        return self._sound and self.due_on > years_after(self.contracted_on, years) and self.payments_stop != "none"

    def is_short(self, years: int) -> bool:
        """The same for at least ``years``, with principal and interest stopping."""
        return (
            self._sound and self.due_on >= years_after(self.contracted_on, years) and self.payments_stop == "principal_and_interest"
        )

    @property
    def _sound(self) -> bool:
        return not self.secured and self.early_repayment in ("none", "approved_only")

    @property
    def countable(self) -> Decimal:
        """The principal less what the firm, those close to it, or those it funds have lent."""
        return max(_NONE, EXACT.subtract(self.amount, self.not_counted))


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtLimits:
    """The terms of counting: years that make a debt long and short, the decay, and the caps as shares."""

    long_years: int
    short_years: int
    decay_years: int
    decay_share: Decimal
    decay_at_start: bool
    long_share_of_basic_max: Decimal
    short_share_of_free_basic_max: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What subordinated debts add to supplementary items, with the way there. Yen."""

    long: Decimal
    decayed: Decimal
    long_counted: Decimal
    long_turned_short: Decimal
    short: Decimal
    short_counted: Decimal
    not_counted: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        """Both kinds together."""
        return EXACT.add(self.long_counted, self.short_counted)


def read_debts(records: Records) -> tuple[Debt, ...]:
    """The subordinated debts on record, every period of each."""
    columns = (
        "debt_id", "since", "until", "amount_jpy", "contracted_on", "due_on", "secured", "early_repayment",
        "payments_stop", "not_counted_jpy",
    )  # fmt: skip
    rows = records.optional("subordinated_debt").select(*columns).order_by("debt_id", "since").to_pyarrow().to_pylist()
    return tuple(
        Debt(
            r["debt_id"], r["since"], r["until"], r["amount_jpy"], r["contracted_on"], r["due_on"], r["secured"],
            r["early_repayment"], r["payments_stop"], r["not_counted_jpy"] or _NONE,
        )
        for r in rows
    )  # fmt: skip


def counted_debts(debts: Sequence[Debt], day: date, basic: Decimal, deductions: Decimal, limits: DebtLimits) -> Counted:
    """What counts on a day. What a long debt loses by decay or by its cap counts as short where it also has the traits of one.

    The cap on long debts is filled first with those that could not count as short: the text does not say in which order.
    """
    there = [debt for debt in debts if debt.since <= day and (debt.until is None or day < debt.until) and day < debt.due_on]
    longs = [debt for debt in there if debt.is_long(limits.long_years)]
    shorts = [debt for debt in there if debt not in longs and debt.is_short(limits.short_years)]
    decay = {debt.debt_id: min(debt.countable, _decay(debt, debts, day, limits)) for debt in longs}
    left = {debt.debt_id: EXACT.subtract(debt.countable, decay[debt.debt_id]) for debt in longs}
    both = {debt.debt_id for debt in longs if debt.is_short(limits.short_years)}
    long = total(left.values())
    cap = EXACT.multiply(limits.long_share_of_basic_max, max(_NONE, basic))
    over = min(max(_NONE, EXACT.subtract(long, cap)), total(amount for name, amount in left.items() if name in both))
    turned = EXACT.add(over, total(amount for name, amount in decay.items() if name in both))
    short = total(debt.countable for debt in shorts)
    free = EXACT.multiply(limits.short_share_of_free_basic_max, max(_NONE, EXACT.subtract(basic, deductions)))
    return Counted(
        long=long,
        decayed=total(decay.values()),
        long_counted=min(long, cap),
        long_turned_short=turned,
        short=short,
        short_counted=min(EXACT.add(short, turned), free),
        not_counted=tuple(sorted({debt.debt_id for debt in there if debt not in longs and debt not in shorts})),
    )


def _decay(debt: Debt, debts: Sequence[Debt], day: date, limits: DebtLimits) -> Decimal:
    """The yearly share of the amount owed when the last years began, once for each year begun (or passed) since."""
    begins = years_after(debt.due_on, -limits.decay_years)
    if day < begins:
        return _NONE
    years = sum(1 for year in range(limits.decay_years) if years_after(begins, year + (not limits.decay_at_start)) <= day)
    same = [one for one in debts if one.debt_id == debt.debt_id]
    then = next(
        (one for one in same if one.since <= begins and (one.until is None or begins < one.until)),
        min(same, key=lambda one: one.since),
    )
    return EXACT.multiply(EXACT.multiply(limits.decay_share, Decimal(years)), then.countable)


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 28."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


BASIC = ("capital_stock", "share_subscriptions", "capital_surplus", "retained_earnings")
SUPPLEMENTARY = ("other_net_assets", "statutory_reserves", "general_loan_allowance")
DEDUCTED = (
    "fixed_assets", "deferred_assets", "deposits_paid", "customer_advances", "group_loans", "prepayments", "prepaid_expenses",
    "group_securities", "deliberate_holdings", "private_securities", "pledged_assets", "designated_holdings",
)  # fmt: skip
OFFSET_ALLOWED = frozenset({"fixed_assets", "group_loans", "prepayments", "group_securities", "pledged_assets"})
"""The accounts of which a part may be left in."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The balance sheet accounts of one day: amounts, and the parts that may be left in. Yen."""

    amounts: Mapping[str, Decimal]
    offsets: Mapping[str, Decimal]

    @property
    def basic(self) -> Decimal:
        """Basic items: capital to retained earnings, less planned distributions, valuation losses and own shares."""
        own_shares = abs(self.amounts.get("treasury_shares", _NONE))
        parts = [self.amounts.get(name, _NONE) for name in BASIC]
        parts += [min(_NONE, self.amounts.get("valuation_difference", _NONE)), own_shares.copy_negate()]
        return total([*parts, self.amounts.get("planned_distributions", _NONE).copy_negate()])

    @property
    def supplementary(self) -> Decimal:
        """Supplementary items without subordinated debts."""
        positive = max(_NONE, self.amounts.get("valuation_difference", _NONE))
        return total([positive, *(self.amounts.get(name, _NONE) for name in SUPPLEMENTARY)])

    @property
    def deductions(self) -> Decimal:
        """What is taken off: each account less the part that may be left in, never below 0."""
        return total(self.deducted(name) for name in DEDUCTED)

    def deducted(self, name: str) -> Decimal:
        """One account as it is taken off."""
        amount = self.amounts.get(name, _NONE)
        offset = self.offsets.get(name, _NONE) if name in OFFSET_ALLOWED else _NONE
        return max(_NONE, EXACT.subtract(amount, offset))


def read_accounts(records: Records) -> dict[date, Accounts]:
    """The accounts of every day that states the share capital, in order of days."""
    amounts: dict[date, dict[str, Decimal]] = defaultdict(dict)
    offsets: dict[date, dict[str, Decimal]] = defaultdict(dict)
    rows = records.balance_sheet_item.order_by("as_of_date", "item").select("as_of_date", "item", "amount_jpy", "offset_jpy")
    for row in rows.to_pyarrow().to_pylist():
        amounts[row["as_of_date"]][row["item"]] = row["amount_jpy"]
        if row["offset_jpy"] is not None:
            offsets[row["as_of_date"]][row["item"]] = row["offset_jpy"]
    return {day: Accounts(each, offsets[day]) for day, each in amounts.items() if "capital_stock" in each}
