"""Outflows from custody, and ordinary payments that look like them, planted into the movements of a simulated exchange.

What is taken is put back from the exchange's own coins before the books are cut off that evening, so that the rules on
balances see nothing of it. Payments become batches with change and a fee, are paid in two parts, lose the name of their
approval or have it entered late: none of that is an outflow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from sekisho.simulation.addresses import look_alike
from sekisho.simulation.answer_key import EPOCH, LOOK_ALIKE, PLANTED, Scheme
from sekisho.simulation.chain import Chain, Row, Wallet, share_of
from sekisho.simulation.options import Options, opens_at
from sekisho.simulation.registers import moment, quantity

if TYPE_CHECKING:
    from sekisho.simulation.custody import Custody

RULE = "client_assets/unauthorised_outflow"
RECONCILIATION = "client_assets/reconciliation"
CONTROLS = "client_assets/transfer_controls"
HOUR = 3_600_000_000
DRAINED, UNKNOWN_ID = "drained", "unknown_authorisation"
SUBSTITUTED, POISONED, USED_TWICE = "address_substituted", "look_alike_address", "approval_used_twice"
TAKEN = (DRAINED, UNKNOWN_ID)
"""Patterns for which coins are taken as the day is played."""
TURNED = (SUBSTITUTED, POISONED, USED_TWICE)
"""Patterns that turn a payment which had its approval."""
BATCH, CHANGE, TWO_PARTS, NAMELESS, LATE_ENTRY, REPLACED, CONSOLIDATED = (
    "batch", "change_and_fee", "paid_in_two_parts", "approval_not_named", "approval_entered_late", "replaced_by_fee",
    "consolidation",
)  # fmt: skip
INNOCENT = (BATCH, CHANGE, TWO_PARTS, NAMELESS, LATE_ENTRY, REPLACED)
SHARE_SUBTLE, SHARE_BLATANT = 0.0004, 0.006


@dataclass(slots=True)
class Outflows:
    """Plans by day of the books, and the schemes planted so far."""

    options: Options
    chain: Chain
    random: np.random.Generator
    schemes: list[Scheme] = field(default_factory=list)
    _plan: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Choose the days: one for each pattern of coins taken, where the books are long enough."""
        days = len(self.options.book_days)
        if not self.options.clean and days > 3:
            chosen = self.random.choice(np.arange(1, days), size=min(len(TAKEN) + 1, days - 1), replace=False)
            self._plan = dict(zip((int(day) for day in chosen), (*TAKEN, CONSOLIDATED), strict=False))

    def play(self, day: int, custody: Custody) -> None:
        """Before a day's own movements: what leaves a cold wallet that day, and what is swept together."""
        pattern = self._plan.get(day)
        if pattern is None:
            return
        vault = custody.vaults[int(self.random.integers(len(custody.vaults)))]
        at = opens_at(self.options.book_days[day]) + int(self.random.uniform(1, 5) * HOUR)
        if pattern == CONSOLIDATED:
            self._consolidate(at, vault.deep_cold, vault.cold)
        else:
            self._take(at, pattern, vault.cold, vault.own)

    def _take(self, at: int, pattern: str, cold: Wallet, own: Wallet) -> None:
        severity = self.options.draw_severity(self.random)
        lost = share_of(cold.units, SHARE_SUBTLE + (SHARE_BLATANT - SHARE_SUBTLE) * severity)
        lost = min(lost, own.units // 2)
        if lost < 10:
            return
        scheme = self._scheme(PLANTED, pattern, severity, cold.wallet_id, cold.asset)
        scheme.also = (CONTROLS,)  # nobody approved or signed it as the wallet's procedure asks
        thief, parts = self.chain.address(cold.asset), 3 if severity > 0.5 and pattern == DRAINED else 1
        back, place = lost, at
        for number in range(parts):
            units = lost // parts if number else lost - (parts - 1) * (lost // parts)
            place = at + number * 4 * 60_000_000
            name = f"N{900_000 + int(self.random.integers(90_000))}" if pattern == UNKNOWN_ID else None
            self._saw(scheme, self.chain.move(place, cold, thief, units, name), place)
        self._onward(place, cold.asset, thief, lost)
        self.chain.shift(at + 6 * HOUR, own, cold, back)

    def _onward(self, at: int, asset: str, thief: str, units: int) -> None:
        """Two hops among strangers: split, then one part moves on."""
        first, second = self.chain.address(asset), self.chain.address(asset)
        split = self.random.bytes(32).hex()
        for taker, part in ((first, units - units // 3), (second, units // 3)):
            if part:
                self._stranger(split, at + HOUR, asset, thief, taker, part)
        self._stranger(self.random.bytes(32).hex(), at + 3 * HOUR, asset, first, self.chain.address(asset), units - units // 3)

    def _stranger(self, txid: str, at: int, asset: str, giver: str, taker: str, units: int) -> None:
        self.chain.movements.append(
            {
                "txid": txid, "occurred_at": moment(at), "asset": asset, "from_address": giver, "to_address": taker,
                "quantity": quantity(units), "authorised_by": None,
            }
        )  # fmt: skip

    def _consolidate(self, at: int, deep: Wallet, cold: Wallet) -> None:
        units = share_of(deep.units, 0.02)
        if units > 0:
            txid = self.chain.shift(at, deep, cold, units)
            self._saw(self._scheme(LOOK_ALIKE, CONSOLIDATED, 0, deep.wallet_id, deep.asset), str(txid), at)

    def finish(self, requests: Sequence[Row], others: Sequence[Scheme]) -> list[Scheme]:
        """After the last day: turn some payments into misconduct or its look-alikes. ``others`` are told of as outflows, too."""
        for each in others:
            if each.rule == RECONCILIATION and any(table == "chain_movement" for table, _id in each.evidence):
                each.also = (*each.also, RULE)
        if self.options.clean:
            return []
        paid = self._payments(requests)
        order = [int(place) for place in self.random.permutation(len(paid))]
        for pattern in (*TURNED, *INNOCENT):
            if order:
                self._turn(pattern, *paid[order.pop()])
        return self.schemes

    def _payments(self, requests: Sequence[Row]) -> list[tuple[Row, Row]]:
        """Withdrawals that no other scheme is about, each with its movement."""
        by_name = {row["authorised_by"]: row for row in self.chain.movements if row["authorised_by"] is not None}
        told = self._told
        return [
            (row, by_name[row["transfer_id"]])
            for row in requests
            if row["direction"] == "out"
            and row["status"] == "completed"
            and row["transfer_id"] in by_name
            and row["transfer_id"] not in told
        ]

    @property
    def _told(self) -> set[str]:
        return {id_ for each in self.schemes for _table, id_ in each.evidence}

    def _turn(self, pattern: str, request: Row, movement: Row) -> None:
        """Change a payment: misconduct for the patterns of TURNED, something innocent for the others."""
        guilty = pattern in TURNED
        severity = self.options.draw_severity(self.random) if guilty else 0.0
        scheme = self._scheme(
            PLANTED if guilty else LOOK_ALIKE, pattern, severity, str(request["account_id"]), str(movement["asset"])
        )
        scheme.evidence.add(("transfer", str(request["transfer_id"])))
        at = _microseconds(movement["occurred_at"])
        asked = str(movement["to_address"])
        if pattern == SUBSTITUTED:
            movement["to_address"] = self.chain.address(str(movement["asset"]))
        elif pattern == POISONED:
            other = self.chain.address(str(movement["asset"]))
            movement["to_address"] = look_alike(asked, other)
        elif pattern == USED_TWICE:
            movement = self._repeat(movement, at)
        elif pattern in (BATCH, CHANGE):
            self._batch(movement, pattern)
        elif pattern == TWO_PARTS:
            self._split(movement)
        elif pattern == NAMELESS:
            movement["authorised_by"] = None
        elif pattern == LATE_ENTRY:
            request["released_at"] = moment(at + int(0.7 * HOUR))
        elif pattern == REPLACED:
            request["txid"] = self.random.bytes(32).hex()
        self._saw(scheme, str(movement["txid"]), at)

    def _repeat(self, movement: Row, at: int) -> Row:
        """The second payment under the same approval; a second later it comes back, so that balances do not see it."""
        again = {**movement, "txid": self.random.bytes(32).hex(), "occurred_at": moment(at + 1_000_000)}
        back = {
            **again, "txid": self.random.bytes(32).hex(), "occurred_at": moment(at + 2_000_000), "authorised_by": None,
            "from_address": movement["to_address"], "to_address": movement["from_address"],
        }  # fmt: skip
        self.chain.movements += [again, back]
        return again

    def _batch(self, movement: Row, pattern: str) -> None:
        """Beside the payment the change comes back; in a batch another payment of the same day from the same wallet joins it."""
        self.chain.movements.append(
            {**movement, "to_address": movement["from_address"], "quantity": quantity(12_345_678), "authorised_by": None}
        )
        if pattern == CHANGE:
            return
        day = _japan_day(movement["occurred_at"])
        for other in self.chain.movements:
            same = other["from_address"] == movement["from_address"] and other["authorised_by"] is not None
            if (
                same
                and other["to_address"] != movement["to_address"]
                and str(other["authorised_by"]).startswith("X")
                and _japan_day(other["occurred_at"]) == day
            ):
                joined = {("chain_movement", str(other["txid"]))}
                if any(joined & each.evidence for each in self.schemes):
                    continue
                at = max(_microseconds(other["occurred_at"]), _microseconds(movement["occurred_at"]))
                other["txid"], other["occurred_at"], movement["occurred_at"] = movement["txid"], moment(at), moment(at)
                self.chain.movements[-1]["occurred_at"] = moment(at)
                return

    def _split(self, movement: Row) -> None:
        whole = movement["quantity"]
        assert isinstance(whole, Decimal)
        part = (whole / 3).quantize(quantity(1))
        rest = {**movement, "txid": self.random.bytes(32).hex(), "quantity": whole - part}
        movement["quantity"] = part
        self.chain.movements.append(rest)

    def _scheme(self, kind: str, pattern: str, severity: float, subject: str, asset: str) -> Scheme:
        scheme = Scheme(rule=RULE, kind=kind, pattern=pattern, severity=severity, subjects=(subject,), asset=asset)
        self.schemes.append(scheme)
        return scheme

    def _saw(self, scheme: Scheme, txid: str, at: int) -> None:
        scheme.evidence.add(("chain_movement", txid))
        scheme.saw(at, at)


def _microseconds(value: object) -> int:
    assert isinstance(value, datetime)
    return (value - EPOCH) // timedelta(microseconds=1)


def _japan_day(value: object) -> object:
    assert isinstance(value, datetime)
    return (value + timedelta(hours=9)).date()
