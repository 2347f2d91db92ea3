"""Wallet keys: which keys lie together, which person could move coins alone, and which devices were once on a network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sekisho.typologies.registers import Key, Name, read_keys
from sekisho.typologies.valuation import JAPAN

if TYPE_CHECKING:
    from sekisho.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedWallet:
    """A wallet whose keys the firm itself keeps."""

    wallet_id: str
    asset: str
    tier: str
    holder: str
    signers_required: int | None

    @property
    def name(self) -> Name:
        """The record as evidence names it."""
        return "wallet", self.wallet_id


def read_keyed_wallets(records: Records) -> tuple[KeyedWallet, ...]:
    """The wallets of customers and of the guarantee whose keys the firm itself keeps, in order of their ids."""
    wallet = records.wallet
    kept = wallet.filter(wallet.custodian.isnull() & wallet.holder.isin(["customer", "guarantee"]))
    rows = kept.select(*KeyedWallet.__dataclass_fields__).order_by("wallet_id").to_pyarrow().to_pylist()
    return tuple(KeyedWallet(**row) for row in rows)


def together(keys: Iterable[Key], enough: int) -> dict[str, list[Key]]:
    """The places at which at least ``enough`` different keys lie, with those keys."""
    return _groups(((key.place, key) for key in keys), enough)


def alone(keys: Iterable[Key], enough: int) -> dict[str, list[Key]]:
    """The persons who hold at least ``enough`` different keys, with those keys."""
    return _groups(((key.party_id, key) for key in keys if key.party_id is not None), enough)


def backups_beside(backups: Sequence[Key], signing: Sequence[Key]) -> dict[Key, list[Key]]:
    """The backups that lie in the same place as keys to sign with, with those keys."""
    beside = {backup: [key for key in signing if key.place == backup.place] for backup in backups}
    return {backup: keys for backup, keys in beside.items() if keys}


def _groups(placed: Iterable[tuple[str, Key]], enough: int) -> dict[str, list[Key]]:
    groups: dict[str, list[Key]] = defaultdict(list)
    for group, key in placed:
        groups[group].append(key)
    return {group: keys for group, keys in sorted(groups.items()) if len({key.key_id for key in keys}) >= enough}


@dataclass(frozen=True, slots=True)
class Connected:
    """Since when a wallet is not cold: a device with a key of it had been on a network by then."""

    connected_at: datetime
    since: date
    device: str | None
    names: frozenset[Name]


def connections(records: Records) -> dict[str, Connected]:
    """The wallets that have, or had, a key on a device that was connected once, with the first day on which that was so."""
    keys = [key for each in read_keys(records).values() for key in each]
    online = first_connections(keys)
    found: dict[str, Connected] = {}
    for key in keys:
        connected = online.get(key.device or key.key_id)
        if connected is None:
            continue
        since = max(key.since, (connected.connected_at + JAPAN).date())
        if key.until is not None and key.until <= since:
            continue
        if key.wallet_id not in found or since < found[key.wallet_id].since:
            found[key.wallet_id] = Connected(connected.connected_at, since, key.device, connected.names | {key.name})
    return found


def first_connections(keys: Iterable[Key]) -> Mapping[str, Connected]:
    """When each device was first on a network, by any entry that speaks of it; a key without a device stands for itself."""
    found: dict[str, Connected] = {}
    for key in keys:
        if key.connected_at is None:
            continue
        device = key.device or key.key_id
        if device not in found or key.connected_at < found[device].connected_at:
            day = (key.connected_at + JAPAN).date()
            found[device] = Connected(key.connected_at, day, key.device, frozenset({key.name}))
    return found
