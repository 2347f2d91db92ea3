"""Which picture fits a finding: chosen by the records that prove it, so that a new rule gets one without being listed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from sekisho.findings.report import typeset
from sekisho.findings.report.card import ParameterInForce, RuleCard
from sekisho.findings.report.charts import gauge, ladder, ledger_gap, ring, tier_share, trade_line
from sekisho.findings.report.charts.canvas import Picture, Traded
from sekisho.findings.report.charts.deadline import Marks
from sekisho.findings.report.exhibits import ORDER, ORDER_TABLE, Books, Row, prices_around
from sekisho.findings.report.shown import Finding
from sekisho.records import Records
from sekisho.rulebook.texts import Text
from sekisho.typologies import custody, valuation

_AIR = timedelta(seconds=2)
_DAYS_AROUND = 12
_RING_OWN_SHARE_MIN = Decimal("0.5")
_PRICE_AGE_MAX = timedelta(days=7)
_CUSTODY_TABLES = frozenset({"wallet", "wallet_balance", "customer_balance"})


@dataclass(frozen=True)
class Studio:
    """Draws the pictures of one report; balances and prices are read from the books once."""

    records: Records
    books: Books
    run: Mapping[str, Any]
    cards: Mapping[str, RuleCard]
    prices: Mapping[str, list[Traded]] = field(default_factory=dict)

    def pictures(self, finding: Finding) -> tuple[Picture, ...]:
        """The pictures of a finding; none where the records give nothing to draw."""
        tables = {table for table, _ in finding.evidence}
        drawn = self._market(finding) if {ORDER, ORDER_TABLE, "trade"} & tables else (self._state(finding, tables),)
        return tuple(picture for picture in drawn if picture is not None)

    def _state(self, finding: Finding, tables: set[str]) -> Picture | None:
        """The picture of what the firm holds, owes or has: capital, ledger, guarantee, hot and cold."""
        if "firm_balance" in tables:
            return self._series(finding)
        if "money_trust" in tables and self.records.present >= {"money_trust", "customer_balance"}:
            return self._trust(finding)
        if not self.records.present >= _CUSTODY_TABLES or not {"customer_balance", "wallet_balance"} & tables:
            return None
        if finding.subject_kind == "asset" and "customer_balance" in tables:
            return self._ledger(finding)
        if finding.subject_kind == "asset":
            return self._guarantee(finding)
        return self._tiers(finding) if "wallet_balance" in tables else None

    def _market(self, finding: Finding) -> tuple[Picture | None, ...]:
        events, trades = self.books.order_events(finding.evidence), self.books.of(finding.evidence, "trade")
        prices = self.prices.get(finding.id, ())
        if trades and (not events or _among_themselves(finding, events, trades)):
            return ring.draw(trades), trade_line.draw(trades, prices)
        closer = ladder.close_up(events, trades)
        if closer is None:  # orders that never rested leave no ladder, only their trades
            return (ladder.draw(events, trades, prices) or trade_line.draw(trades, prices),)
        near = ladder.draw_close_up(events, trades, self.prices.get(_closer(finding), ()), closer)
        return ladder.draw(events, trades, prices), near

    def _series(self, finding: Finding) -> Picture | None:
        amounts = [a for a in self.run.get("amounts", ()) if a["rule"] == finding.rule]
        return series(amounts, self.cards.get(finding.rule), self._marks(finding))

    def _ledger(self, finding: Finding) -> Picture | None:
        asset = finding.asset or finding.subject_id
        ledger, chain = self._ledgers, self._chain(finding)
        days = [day for day in sorted(ledger) if asset in ledger[day] and _near(day, finding)]

        def held(day: date) -> Decimal:
            seen = chain.at(day, lambda wallet: wallet.is_customers and wallet.asset == asset)
            return valuation.total(one.quantity for one in seen)

        balances = [(day, ledger[day][asset], held(day)) for day in days]
        if not any(owed > has for _, owed, has in balances):
            return None
        return ledger_gap.draw(balances, asset, self._marks(finding))

    def _trust(self, finding: Finding) -> Picture | None:
        """Customers' money by the rule's own reading of the ledger, against the principal over all trustees."""
        days = [balance for balance in self._money if _near(balance[0], finding)]
        return ledger_gap.draw(days, custody.MONEY, self._marks(finding), ledger_gap.TRUST)

    @cached_property
    def _money(self) -> list[ledger_gap.Balance]:
        """Day, money owed, money in trust; days without a principal on record are left out."""
        owed = custody.read_money(self.records)
        trust: dict[date, Decimal] = {}
        for row in self.records.money_trust.select("as_of_date", "principal_jpy").to_pyarrow().to_pylist():
            trust[row["as_of_date"]] = trust.get(row["as_of_date"], Decimal(0)) + row["principal_jpy"]
        return [(day, owed[day], trust[day]) for day in sorted(owed) if day in trust]

    def _guarantee(self, finding: Finding) -> Picture | None:
        asset, chain = finding.asset or finding.subject_id, self._chain(finding)

        def sums(which: Callable[[custody.Wallet], bool], day: date) -> Decimal:
            seen = chain.at(day, lambda wallet: wallet.asset == asset and which(wallet))
            return valuation.total(one.quantity for one in seen)

        days = [
            (day, sums(lambda w: w.is_customers and not w.is_cold, day), sums(lambda w: w.holder == "guarantee" and w.is_cold, day))
            for day in chain.days(lambda wallet: wallet.asset == asset)
            if _near(day, finding)
        ]
        return ledger_gap.draw(days, asset, self._marks(finding), ledger_gap.GUARANTEE)

    def _tiers(self, finding: Finding) -> Picture | None:
        """The share by the rule's own arithmetic: customers' wallets that are not cold, over what the ledger owes them."""
        chain, ledger, prices = self._chain(finding), self._ledgers, self._prices(finding)
        points: list[tuple[datetime, Decimal]] = []
        for day in sorted(ledger):
            if _near(day, finding):
                seen = chain.at(day, lambda wallet: wallet.is_customers and not wallet.is_cold)
                hot = custody.worth(custody.by_asset(seen), prices, day).value_jpy
                owed = custody.worth(ledger[day], prices, day).value_jpy
                points.append((valuation.starts_at(day), custody.share(hot, owed)))
        if points:
            points.append((points[-1][0] + timedelta(days=1), points[-1][1]))
        return tier_share.draw(points, _limit(finding, self.cards.get(finding.rule)), self._marks(finding))

    def _prices(self, finding: Finding) -> valuation.Prices:
        """The prices the finding was judged by; read once for each way of judging."""
        age = typeset.decimal(finding.parameters.get("price_age_seconds_max"))
        source = str(finding.parameters.get("price_source") or valuation.ANY_SOURCE)
        asked = _cutoff(finding), source, timedelta(seconds=int(age)) if age is not None else _PRICE_AGE_MAX
        if asked not in self._quoted:
            self._quoted[asked] = valuation.read_prices(self.records, valuation.Cutoff.parse(asked[0]), *asked[1:])
        return self._quoted[asked]

    @cached_property
    def _quoted(self) -> dict[tuple[str, str, timedelta], valuation.Prices]:
        return {}

    @cached_property
    def _ledgers(self) -> custody.Ledger:
        return custody.read_ledger(self.records)

    @cached_property
    def _chains(self) -> dict[str, custody.Chain]:
        return {}

    def _chain(self, finding: Finding) -> custody.Chain:
        """What the wallets held, by the cut-off the finding was judged by."""
        cutoff = _cutoff(finding)
        if cutoff not in self._chains:
            self._chains[cutoff] = custody.read_chain(self.records, valuation.Cutoff.parse(cutoff))
        return self._chains[cutoff]

    def _marks(self, finding: Finding) -> Marks:
        """The finding's window, and the day by which it was to be put right, where the same rule set a clock on its first day."""
        first = typeset.as_utc(finding.window_from).astimezone(typeset.JST).date()
        due = [
            date.fromisoformat(str(o["due_on"]))
            for o in self.run.get("obligations", ())
            if o["rule"] == finding.rule and str(o["arose_on"]) == first.isoformat() and o.get("asset") in (None, finding.asset)
        ]
        return Marks(finding.window_from, finding.window_until, min(due, default=None))


def open_studio(
    records: Records, books: Books, run: Mapping[str, Any], cards: Mapping[str, RuleCard], findings: Sequence[Finding]
) -> Studio:
    """A studio for these findings; the market prices around each of them are fetched in one query."""
    around = {}
    for finding in findings:
        if finding.instrument and {ORDER, ORDER_TABLE, "trade"} & {table for table, _ in finding.evidence}:
            air = max((finding.window_until - finding.window_from) / 10, _AIR)
            around[finding.id] = (finding.instrument, finding.window_from - air, finding.window_until + air)
            closer = ladder.close_up(books.order_events(finding.evidence), books.of(finding.evidence, "trade"))
            if closer is not None:
                around[_closer(finding)] = (finding.instrument, *closer)
    return Studio(records, books, run, cards, prices_around(records, around))


def series(amounts: Sequence[Mapping[str, Any]], card: RuleCard | None, marked: Marks) -> Picture | None:
    """A computed figure over its days, or its gauge when there is but one day."""
    points = [(date.fromisoformat(str(a["as_of"])), value) for a in amounts if (value := typeset.decimal(a["value"])) is not None]
    if not points:
        return None
    unit, title = str(amounts[0]["unit"]), card.title if card else typeset.same(str(amounts[0]["name"]))
    bands = bands_of(card, unit)
    return gauge.draw_series(points, unit, bands, title, marked) or gauge.draw(points[-1][1], unit, bands, title)


def bands_of(card: RuleCard | None, unit: str) -> list[tuple[Decimal, Text]]:
    """The thresholds a figure is read against: the rule's single values in the figure's own unit."""
    if card is None:
        return []
    found = []
    for parameter in card.parameters:
        edge = typeset.decimal(parameter.value)
        if edge is not None and parameter.unit == unit:
            found.append((edge, _words(parameter)))
    return found


def _words(parameter: ParameterInForce) -> Text:
    """What the value is for, in the rule's own words; its name where it has none."""
    if parameter.description:
        return parameter.description
    plain = parameter.name.replace("_", " ")
    return Text(plain, plain)


def _among_themselves(finding: Finding, events: Sequence[Row], trades: Sequence[Row]) -> bool:
    """Whether the group traded with itself: both sides of most trades are accounts of the scheme."""
    members = {row.get("account_id") for row in events} - {None}
    if len(members) < 2 and finding.subject_kind == "account":
        members |= {finding.subject_id}
    own = sum(t.get("buy_account_id") in members and t.get("sell_account_id") in members for t in trades)
    return own >= len(trades) * _RING_OWN_SHARE_MIN


def _closer(finding: Finding) -> str:
    """The name under which the prices around a finding's busiest cycle are kept."""
    return f"{finding.id}/closer"


def _near(day: date, finding: Finding) -> bool:
    first = typeset.as_utc(finding.window_from).astimezone(typeset.JST).date()
    last = typeset.as_utc(finding.window_until).astimezone(typeset.JST).date()
    air = timedelta(days=_DAYS_AROUND)
    return first - air <= day <= last + air


def _cutoff(finding: Finding) -> str:
    return str(finding.parameters.get("cutoff") or "24:00")


def _limit(finding: Finding, card: RuleCard | None) -> Decimal | None:
    """The share the law allows at most: the one share among the rule's values that the law sets."""
    shares = [p for p in card.parameters if p.unit == "share" and p.set_by == "law"] if card else []
    return typeset.decimal(finding.parameters.get(shares[0].name)) if len(shares) == 1 else None
