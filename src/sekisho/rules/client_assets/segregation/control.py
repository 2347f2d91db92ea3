"""Segregation: are customers' crypto-assets apart from the exchange's own, and do the books say at once whose each is?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from sekisho.engine.answers import Found, Severity
from sekisho.engine.assessed_items import Name, evidence_of
from sekisho.typologies.custody import Chain, Ledger, Wallet, largest_balances, read_chain, read_ledger, share, stretches
from sekisho.typologies.ledger_gap import is_customers
from sekisho.typologies.segregation import Stray, deposits_astray, held_without_ledger, unknown_accounts
from sekisho.typologies.valuation import Cutoff, whole_days

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each shared address, asset nobody is on the books with, unknown account's asset, and stray deposit."""
    if not p.apart:
        return
    chain, ledger = read_chain(records, Cutoff.parse(p.cutoff)), read_ledger(records)
    for wallet in filter(is_customers, chain.wallets):
        yield from _shared(wallet, chain)
    yield from _no_ledger(chain, ledger)
    yield from _unknown(records, p)
    for stray in deposits_astray(records):
        yield _in_own_wallet(stray)


def _shared(wallet: Wallet, chain: Chain) -> Iterator[Found]:
    """A customers' wallet at an address that also holds the exchange's own (the guarantee has a rule of its own)."""
    place = (wallet.asset, wallet.address)
    others = [other for other in chain.wallets if (other.asset, other.address) == place and other.holder == "own"]
    days = chain.days(lambda one: one.wallet_id == wallet.wallet_id)
    if others and days:
        yield Found(
            subject_kind="wallet",
            subject_id=wallet.wallet_id,
            asset=wallet.asset,
            **whole_days(min(days), max(days)),
            score=Decimal(0),
            severity=Severity.high,
            evidence=evidence_of({one.name for one in (wallet, *others)}),
            facts={"wallet": wallet.wallet_id, "address": wallet.address, "others": [other.wallet_id for other in others]},
        )


def _no_ledger(chain: Chain, ledger: Ledger) -> Iterator[Found]:
    """Days of the ledger on which customers' wallets held an asset with which no customer is on the books."""
    held = held_without_ledger(chain, ledger)
    for asset in sorted({asset for each in held.values() for asset in each}):
        for stretch in stretches({day: asset in each for day, each in held.items()}):
            worst = max(stretch.days, key=lambda day: (held[day][asset], -day.toordinal()))
            seen = (
                one for day in stretch.days for one in chain.at(day, is_customers) if one.wallet.asset == asset and one.quantity
            )
            yield Found(
                subject_kind="asset",
                subject_id=asset,
                asset=asset,
                **whole_days(stretch.first, stretch.last),
                score=Decimal(1),
                severity=Severity.high,
                sentence="no_ledger",
                evidence=evidence_of({name for one in seen for name in one.names}),
                facts={"quantity": held[worst][asset], "first_day": stretch.first, "last_day": stretch.last, "day": worst},
            )


def _unknown(records: Records, p: Parameters) -> Iterator[Found]:
    """Balances under accounts that are not on record; nothing can be said where there is no table of accounts."""
    found = unknown_accounts(records)
    for asset in sorted({asset for each in found.values() for asset in each}):
        for stretch in stretches({day: asset in each for day, each in found.items()}):
            days = {day: found[day][asset] for day in stretch.days}
            worst = max(days, key=lambda day: (days[day].quantity, -day.toordinal()))
            named = partial(largest_balances, records, number=p.ledger_evidence_max, known=False)
            names: set[Name] = named(list(stretch.days), [asset])
            yield Found(
                subject_kind="asset",
                subject_id=asset,
                asset=asset,
                **whole_days(stretch.first, stretch.last),
                score=share(days[worst].quantity, days[worst].of),
                sentence="unknown_account",
                evidence=evidence_of(names),
                facts={
                    "count": days[worst].count,
                    "quantity": days[worst].quantity,
                    "day": worst,
                    "first_day": stretch.first,
                    "last_day": stretch.last,
                },
            )


def _in_own_wallet(stray: Stray) -> Found:
    day: date = stray.day
    return Found(
        subject_kind="wallet",
        subject_id=stray.wallet_id,
        asset=stray.asset,
        **whole_days(day, day),
        score=share(stray.kept, stray.quantity),
        severity=Severity.high,
        sentence="in_own_wallet",
        evidence=evidence_of({("wallet", stray.wallet_id), *stray.names}),
        facts={"wallet": stray.wallet_id, "quantity": stray.quantity, "kept": stray.kept, "day": day},
    )
