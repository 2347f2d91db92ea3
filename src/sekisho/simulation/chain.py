"""Wallets and the chain: every change of a wallet's balance is a movement between two addresses."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sekisho.simulation.addresses import HASH_BYTES, address
from sekisho.simulation.registers import moment, quantity

Row = dict[str, object]


@dataclass(slots=True)
class Wallet:
    """One wallet and what it holds now, in units of eight places."""

    wallet_id: str
    listing: int
    asset: str
    address: str
    tier: str
    holder: str
    ever_online: bool
    custodian: str | None
    units: int = 0
    born_at: int = 0

    def row(self) -> Row:
        """The row of ``wallet``."""
        own_keys = self.custodian is None
        return {
            "wallet_id": self.wallet_id,
            "asset": self.asset,
            "address": self.address,
            "tier": self.tier,
            "holder": self.holder,
            "custodian": self.custodian,
            "ever_online": self.ever_online,
            "signers_required": (2 if self.tier == "hot" else 3) if own_keys else None,
            "signers_total": (3 if self.tier == "hot" else 5) if own_keys else None,
        }


@dataclass(slots=True)
class Chain:
    """All wallets, and what moved and was observed so far."""

    random: np.random.Generator
    wallets: list[Wallet] = field(default_factory=list)
    movements: list[Row] = field(default_factory=list)
    observations: list[Row] = field(default_factory=list)
    internal: int = 0
    connected: list[str] = field(default_factory=list)  # wallets, of which a device with a key will have been on a network
    shared: list[str] = field(default_factory=list)  # wallets that stand at an address with one of another holder

    def wallet(
        self, listing: int, asset: str, tier: str, holder: str, *,
        ever_online: bool | None = None, custodian: str | None = None, units: int = 0, born_at: int = 0,
    ) -> Wallet:  # fmt: skip
        """Set up a wallet that already holds something."""
        online = tier == "hot" if ever_online is None else ever_online
        name = f"W{10_001 + len(self.wallets)}"
        made = Wallet(name, listing, asset, self.address(asset), tier, holder, online, custodian, units, born_at)
        self.wallets.append(made)
        return made

    def address(self, asset: str) -> str:
        """An address nobody has used, on the chain of the asset."""
        return address(asset, self.random.bytes(HASH_BYTES))

    def move(self, at: int, giver: Wallet | str, taker: Wallet | str, units: int, authorised_by: str | None) -> str:
        """Move coins between wallets or addresses (of the same asset); returns the transaction's id."""
        assert units > 0
        inside = giver if isinstance(giver, Wallet) else taker
        assert isinstance(inside, Wallet)
        if isinstance(giver, Wallet):
            giver.units -= units
            assert giver.units >= 0
        if isinstance(taker, Wallet):
            taker.units += units
        txid = self.random.bytes(32).hex()
        self.movements.append(
            {
                "txid": txid,
                "occurred_at": moment(at),
                "asset": inside.asset,
                "from_address": giver.address if isinstance(giver, Wallet) else giver,
                "to_address": taker.address if isinstance(taker, Wallet) else taker,
                "quantity": quantity(units),
                "authorised_by": authorised_by,
            }
        )
        return txid

    def shift(self, at: int, giver: Wallet | str, taker: Wallet | str, units: int) -> str | None:
        """An internal movement with its own authorisation; nothing to move is no movement."""
        if units <= 0:
            return None
        self.internal += 1
        return self.move(at, giver, taker, units, f"M{100_000 + self.internal}")

    def observe(self, at: int, unseen: frozenset[int]) -> None:
        """Note what every wallet holds, but not of the assets in ``unseen``."""
        for each in self.wallets:
            if each.listing not in unseen and each.born_at <= at:
                self.observations.append({"wallet_id": each.wallet_id, "observed_at": moment(at), "quantity": quantity(each.units)})


def observation_id(wallet: Wallet, at: int) -> tuple[str, str]:
    """An observation as evidence names it."""
    return "wallet_balance", f"{wallet.wallet_id}|{moment(at):%Y-%m-%dT%H:%M:%S.%fZ}"


def share_of(units: int, share: float) -> int:
    """A share of a quantity, rounded down to a unit; the share itself counts in millionths."""
    return units * round(share * 1_000_000) // 1_000_000
