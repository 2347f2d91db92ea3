"""Custody: each day's transfers on the chain, the evening's moves between hot, cold and guarantee wallets, and the cut-off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sekisho.simulation import custody_failures as plan
from sekisho.simulation.answer_key import PLANTED, Scheme
from sekisho.simulation.books import BalanceFile, Books
from sekisho.simulation.chain import Chain, Row, Wallet, observation_id, share_of
from sekisho.simulation.custody_failures import Failures
from sekisho.simulation.firm import trust_row
from sekisho.simulation.listings import Listing
from sekisho.simulation.options import DAY_MICROSECONDS, Options, closes_at, opens_at
from sekisho.simulation.registers import References
from sekisho.simulation.transfers import HOUR, MINUTE, Transfers

CUSTODIAN = "Yamate Trust"
THIRD_PARTY_EVERY = 3
SHORTFALLS = (plan.SHORTFALL_CURED, plan.SHORTFALL_LATE, plan.SHORTFALL_OPEN, plan.INSIDE_BUFFER)


@dataclass(slots=True)
class Vault:
    """The wallets of one asset."""

    hot: Wallet
    cold: Wallet
    deep_cold: Wallet
    own: Wallet
    guarantee: Wallet
    guarantee_hot: Wallet | None = None
    once_online: Wallet | None = None

    @property
    def outside(self) -> int:
        """Customers' units that are not cold."""
        return self.hot.units + (self.once_online.units if self.once_online else 0)


class Custody:
    """Plays the book days one by one."""

    def __init__(
        self,
        options: Options,
        listed: Sequence[Listing],
        books: Books,
        chain: Chain,
        failures: Failures,
        random: np.random.Generator,
    ) -> None:
        self.options, self.listed, self.books, self.chain, self.failures = options, listed, books, chain, failures
        self.random = random
        self.vaults = [self._vault(one) for one in listed]
        if not options.clean:
            self._empty_wallets(listed[0])
        self.own = [books.own(one.number) for one in listed]  # units on the exchange's own account that the wallets reflect
        self.trust: list[Row] = []
        self.required: list[int] = []  # per day, units of 1e-16 yen that net assets must cover

    def _vault(self, one: Listing) -> Vault:
        owed = self.books.total(one.number)
        hot, deep = share_of(owed, 0.03), share_of(owed, 0.4)
        kept_elsewhere = share_of(owed, 0.15) if one.number % THIRD_PARTY_EVERY == THIRD_PARTY_EVERY - 1 else 0
        make = self.chain.wallet
        vault = Vault(
            hot=make(one.number, one.asset, "hot", "customer", units=hot),
            cold=make(one.number, one.asset, "cold", "customer", units=owed - hot - deep - kept_elsewhere),
            deep_cold=make(one.number, one.asset, "cold", "customer", units=deep),
            own=make(one.number, one.asset, "cold", "own", units=share_of(owed, 0.08) + self.books.own(one.number)),
            guarantee=make(one.number, one.asset, "cold", "guarantee", units=share_of(owed, 0.034) + 2),
        )
        if kept_elsewhere:
            make(one.number, one.asset, "cold", "third_party", custodian=CUSTODIAN, units=kept_elsewhere)
        return vault

    def _empty_wallets(self, one: Listing) -> None:
        """Wallets that never hold anything: one whose device will be on a network, two that share an address."""
        make = self.chain.wallet
        self.chain.connected.append(make(one.number, one.asset, "cold", "customer").wallet_id)
        customers, own = make(one.number, one.asset, "cold", "customer"), make(one.number, one.asset, "cold", "own")
        own.address = customers.address
        self.chain.shared += [customers.wallet_id, own.wallet_id]
        scheme = Scheme(
            rule=plan.SEGREGATION,
            kind=PLANTED,
            pattern=plan.SHARED_ADDRESS,
            severity=1.0,
            subjects=(customers.wallet_id,),
            asset=one.asset,
            window_from=opens_at(self.options.book_days[0]),
            window_until=opens_at(self.options.book_days[-1]) + DAY_MICROSECONDS,
            evidence={("wallet", customers.wallet_id), ("wallet", own.wallet_id)},
        )
        self.failures.episodes.append(plan.Episode(scheme, 0, len(self.options.book_days) - 1, one.number, 1.0))

    def play(self, day: int, transfers: Transfers, references: References, balances: BalanceFile) -> None:
        """One day: transfers, what goes wrong, the evening's moves, and the cut-off of the books."""
        date = self.options.book_days[day]
        opens, closes = opens_at(date), closes_at(date)
        hot = {one.number: vault.hot.units * 4 // 5 for one, vault in zip(self.listed, self.vaults, strict=True)}
        for at, listing, units, row in transfers.play(day, hot):
            self._transfer(day, at, listing, units, row)
        for one in self.listed:
            self._send_on(day, one, opens)
            self._settle(one, opens)
            self._go_wrong(day, one, opens)
        share = self._hot_share(day)
        for one in self.listed:
            self._rebalance(day, one, opens, share)
            self._match(day, one, opens)
        unseen = self._unseen(day)
        self.chain.observe(closes, unseen)
        self._prove(day, closes, unseen)
        self.required.append(
            sum(vault.outside * references.units(day, one.number) for one, vault in zip(self.listed, self.vaults, strict=True))
        )
        balances.add(self.books.day_rows(date))
        self.trust.append(
            trust_row(date, self.books.total_yen(), self.failures.find(day, plan.TRUST_CURED, plan.TRUST_LATE, plan.TRUST_EXACT))
        )

    def begin(self, day: int) -> None:
        """What comes first on a day: after midnight coins go hot, somebody looks, and they go back; no cut-off sees them."""
        opens = opens_at(self.options.book_days[day])
        each = self.failures.find(day, plan.PEAK, plan.LOW_PEAK)
        if each is None:
            return
        share = 0.06 + 0.05 * each.severity if each.scheme.pattern == plan.PEAK else 0.045
        lent = []
        for one, vault in zip(self.listed, self.vaults, strict=True):
            units = share_of(self.books.total(one.number), share) - vault.hot.units
            self._thaw(vault, opens + 2 * MINUTE, units)
            lent.append(max(0, min(units, vault.cold.units)))
            self.chain.shift(opens + 5 * MINUTE, vault.cold, vault.hot, lent[-1])
        self.chain.observe(opens + 10 * MINUTE, frozenset())
        for vault, units in zip(self.vaults, lent, strict=True):
            self.chain.shift(opens + 20 * MINUTE, vault.hot, vault.cold, units)
            each.scheme.evidence.add(observation_id(vault.hot, opens + 10 * MINUTE))

    def _transfer(self, day: int, at: int, listing: int, units: int, row: Row) -> None:
        """Coins of one transfer on the chain. Its authorisation is the transfer's id, dealt later."""
        vault, outside = self.vaults[listing], str(row["address"])
        if units > 0:
            astray = self.failures.waiting(day, listing, plan.ASTRAY, plan.PASSED_ON)
            row["txid"] = self.chain.move(at, outside, vault.hot if astray is None else vault.own, units, None)
            if astray is not None:
                self._went_astray(astray, day, units, vault.own, str(row["txid"]))
        else:
            row["txid"] = self.chain.move(at, vault.hot, outside, -units, None)
        row["movement"] = self.chain.movements[-1]

    def _went_astray(self, each: plan.Episode, day: int, units: int, own: Wallet, txid: str) -> None:
        """A deposit reached the exchange's own wallet. While it stays there, customers' wallets hold less than is owed."""
        each.happened, each.units = day, units
        opens = opens_at(self.options.book_days[day])
        scheme = each.scheme
        scheme.subjects = (own.wallet_id, own.asset) if scheme.pattern == plan.ASTRAY else (own.wallet_id,)
        scheme.also = (plan.RECONCILIATION,) if scheme.pattern == plan.ASTRAY else ()
        scheme.evidence.add(("chain_movement", txid))
        scheme.window_from, scheme.window_until = opens, opens + DAY_MICROSECONDS

    def _send_on(self, day: int, one: Listing, opens: int) -> None:
        """Move a deposit from the exchange's own wallet to the customers': in the evening, or only a day later."""
        vault, at = self.vaults[one.number], opens + 20 * HOUR + 30 * MINUTE
        for each in self.failures.episodes:
            if each.listing == one.number and each.happened is not None:
                later = 1 if each.scheme.pattern == plan.ASTRAY else 0
                if each.scheme.pattern in (plan.ASTRAY, plan.PASSED_ON) and each.happened + later == day:
                    self._buy_own(vault, at - MINUTE, each.units)
                    self.chain.shift(at, vault.own, vault.cold, each.units)

    def _settle(self, one: Listing, opens: int) -> None:
        """Coins follow what the exchange traded with customers that day on its own account."""
        vault, at = self.vaults[one.number], opens + 20 * HOUR + 50 * MINUTE
        own = self.books.own(one.number)
        bought, self.own[one.number] = own - self.own[one.number], own
        self._buy_own(vault, at - MINUTE, -bought)
        self._thaw(vault, at - MINUTE, bought)
        self.chain.shift(at, vault.cold, vault.own, bought)
        self.chain.shift(at, vault.own, vault.cold, -bought)

    def _go_wrong(self, day: int, one: Listing, opens: int) -> None:
        """Coins that leave without authorisation, and those with which the exchange makes the loss good."""
        vault = self.vaults[one.number]
        at = opens + int(self.random.uniform(21.0, 22.5) * HOUR)
        for each in self.failures.starting(day, *SHORTFALLS):
            if each.listing != one.number:
                continue
            buffered = each.scheme.pattern == plan.INSIDE_BUFFER
            lost = 2 + share_of(self.books.total(one.number), 0.0005 if buffered else 0.0005 + 0.02 * each.severity)
            each.units = min(lost, vault.cold.units // 2)
            if buffered:
                self._buy_own(vault, at - 20 * MINUTE, 2 * each.units)
                self.chain.shift(at - 10 * MINUTE, vault.own, vault.cold, 2 * each.units)
            txid = self.chain.move(at, vault.cold, self.chain.address(one.asset), each.units, None)
            each.scheme.evidence.add(("chain_movement", txid))
        for each in self.failures.ended(day, *SHORTFALLS):
            if each.listing == one.number:
                back = -each.units if each.scheme.pattern == plan.INSIDE_BUFFER else each.units
                self._buy_own(vault, at - 20 * MINUTE, max(back, 0))
                giver, taker = (vault.own, vault.cold) if back > 0 else (vault.cold, vault.own)
                self.chain.shift(at, giver, taker, abs(back))

    def _buy_own(self, vault: Vault, at: int, units: int) -> None:
        """Make sure that the exchange has so many coins of its own, buying what is missing."""
        self.chain.shift(at, self.chain.address(vault.own.asset), vault.own, units - vault.own.units)

    def _hot_share(self, day: int) -> float | None:
        """The share of customers' coins to leave hot tonight; None for exactly one twentieth."""
        episode = self.failures.find(day, plan.OVER_CURED, plan.OVER_LATE, plan.EXACTLY_FIVE)
        if episode is None:
            return float(self.random.uniform(0.022, 0.036))
        if episode.scheme.pattern == plan.EXACTLY_FIVE:
            return None
        return 0.0515 + 0.055 * episode.severity

    def _rebalance(self, day: int, one: Listing, opens: int, share: float | None) -> None:
        """The evening's move between hot and cold, and the days of a device that is called cold but was once online."""
        vault, owed = self.vaults[one.number], self.books.total(one.number)
        at = opens + int(self.random.uniform(23.0, 23.4) * HOUR)
        for each in self.failures.starting(day, plan.ONCE_ONLINE):
            if each.listing == one.number:
                make = self.chain.wallet
                vault.once_online = make(one.number, one.asset, "cold", "customer", ever_online=True, born_at=opens)
                moved = min(vault.cold.units // 2, share_of(owed, 0.04 + 0.2 * each.severity))
                self.chain.shift(at - 20 * MINUTE, vault.cold, vault.once_online, moved)
                # Its coins are not cold: with them the exchange as a whole may come to stand above the limit.
                each.scheme.subjects = (vault.once_online.wallet_id, plan.EXCHANGE)
        for each in self.failures.ended(day, plan.ONCE_ONLINE):
            if each.listing == one.number and vault.once_online:
                self.chain.shift(at - 20 * MINUTE, vault.once_online, vault.cold, vault.once_online.units)
                each.scheme.window_until = opens + DAY_MICROSECONDS  # until this evening they were still outside
        wished = owed // 20 if share is None else share_of(owed, share)
        if wished > vault.hot.units:
            self._thaw(vault, at - 15 * MINUTE, wished - vault.hot.units)
            self.chain.shift(at, vault.cold, vault.hot, min(wished - vault.hot.units, vault.cold.units))
        else:
            self.chain.shift(at, vault.hot, vault.cold, vault.hot.units - wished)

    def _thaw(self, vault: Vault, at: int, units: int) -> None:
        """Fetch coins from the deepest wallet when the other cold one runs low."""
        missing = min(vault.deep_cold.units, units - vault.cold.units)
        self.chain.shift(at, vault.deep_cold, vault.cold, missing)

    def _match(self, day: int, one: Listing, opens: int) -> None:
        """Keep own coins in the guarantee wallet for every customer's coin that is not cold."""
        vault = self.vaults[one.number]
        at = opens + int(self.random.uniform(23.5, 23.8) * HOUR)
        required, wished = vault.outside, vault.outside + vault.outside // 12 + 1
        held_hot = self.failures.of_asset(day, one.number, plan.HELD_HOT)
        short = self.failures.of_asset(day, one.number, plan.SHORT)
        if vault.guarantee_hot is not None and held_hot is None:
            self.chain.shift(at - 5 * MINUTE, vault.guarantee_hot, vault.guarantee, vault.guarantee_hot.units)
        if short is not None:
            wished = required - required * (10 + round(490 * short.severity)) // 1000 - 1
        elif self.failures.of_asset(day, one.number, plan.EXACTLY_MATCHED):
            wished = required
        elif required <= vault.guarantee.units <= 2 * required:
            wished = vault.guarantee.units
        self._buy_own(vault, at - 10 * MINUTE, wished - vault.guarantee.units)
        self.chain.shift(at, vault.own, vault.guarantee, wished - vault.guarantee.units)
        self.chain.shift(at, vault.guarantee, vault.own, vault.guarantee.units - wished)
        if held_hot is not None:
            if vault.guarantee_hot is None:
                vault.guarantee_hot = self.chain.wallet(one.number, one.asset, "hot", "guarantee", born_at=opens)
            kept = vault.guarantee.units * round(900 * (1 - held_hot.severity)) // 1000
            self.chain.shift(at + MINUTE, vault.guarantee, vault.guarantee_hot, vault.guarantee.units - kept)

    def close(self) -> None:
        """What waited for an occasion that never came did not take place."""
        for each in self.failures.episodes:
            if each.scheme.pattern in (plan.ASTRAY, plan.PASSED_ON) and each.happened is None:
                each.scheme.window_from = None

    def _unseen(self, day: int) -> frozenset[int]:
        """The assets whose wallets nobody looks at today."""
        if self.failures.find(day, plan.NOT_RECONCILED, plan.HOLIDAY_UNSEEN):
            return frozenset(one.number for one in self.listed)
        one = self.failures.find(day, plan.ONE_NOT_RECONCILED)
        return frozenset() if one is None or one.listing is None else frozenset({one.listing})

    def _prove(self, day: int, at: int, unseen: frozenset[int]) -> None:
        """Note tonight's observations as evidence of the episodes that last."""
        for each in self.failures.episodes:
            if each.scheme.pattern in (plan.PEAK, plan.LOW_PEAK):
                continue
            if each.on(day) and each.scheme.rule in (plan.COLD, plan.GUARANTEE, plan.RECONCILIATION):
                for wallet in self.chain.wallets:
                    if (
                        wallet.listing not in unseen
                        and each.listing in (None, wallet.listing)
                        and _concerns(each.scheme.rule, wallet)
                    ):
                        each.scheme.evidence.add(observation_id(wallet, at))


def _concerns(rule: str, wallet: Wallet) -> bool:
    """Whether a wallet's balance proves something under a rule."""
    hot = wallet.holder in ("customer", "third_party") and (wallet.tier == "hot" or wallet.ever_online)
    if rule == plan.COLD:
        return hot
    if rule == plan.GUARANTEE:
        return hot or wallet.holder == "guarantee"
    return wallet.holder in ("customer", "third_party")
