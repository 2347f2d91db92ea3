"""Signing keys: does a movement need several keys, are they apart in place and person, and is there a backup kept elsewhere?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Severity
from sekisho.engine.assessed_items import evidence_of
from sekisho.typologies.registers import Key, Name, Procedure, in_force, read_keys, read_procedures
from sekisho.typologies.valuation import whole_days
from sekisho.typologies.wallet_keys import KeyedWallet, alone, backups_beside, read_keyed_wallets, together

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """What stands of the keys of every wallet that the firm keeps for customers or as guarantee, on the day looked at."""
    keys, procedures = read_keys(records), read_procedures(records)
    for wallet in read_keyed_wallets(records):
        held = in_force(keys.get(wallet.wallet_id, ()), p.as_of)
        yield from _keys(wallet, held, p)
        yield from _cap(wallet, in_force(procedures.get(wallet.wallet_id, ()), p.as_of), p.as_of)


def _keys(wallet: KeyedWallet, held: Sequence[Key], p: Parameters) -> Iterator[Found]:
    if wallet.signers_required is not None and wallet.signers_required < p.keys_min:
        yield _found(wallet, "one_key", held, p.as_of, Severity.high if wallet.tier == "cold" else Severity.medium)
    if not held:
        yield _found(wallet, "no_keys", held, p.as_of, Severity.medium)
        return
    # One key is told above; of several, those that suffice to sign must not lie together or in one hand.
    enough = max(wallet.signers_required or 1, p.keys_min)
    signing = [key for key in held if key.use == "signing"]
    for place, keys in together(signing, enough).items():
        yield _found(wallet, "default", keys, p.as_of, Severity.high, place=place, keys=[key.key_id for key in keys])
    for person, keys in alone(signing, enough).items():
        yield _found(wallet, "one_holder", keys, p.as_of, Severity.high, person=person, keys=[key.key_id for key in keys])
    backups = [key for key in held if key.use == "backup"]
    if not backups:
        yield _found(wallet, "no_backup", held, p.as_of, Severity.medium)
    for backup, beside in backups_beside(backups, signing).items():
        yield _found(wallet, "backup_beside", [backup, *beside], p.as_of, Severity.medium, backup=backup.key_id, place=backup.place)


def _cap(wallet: KeyedWallet, rules: Sequence[Procedure], day: date) -> Iterator[Found]:
    """Where no person signs, a cap has to hold what can leave."""
    for rule in rules:
        if rule.signatures_min == 0 and not rule.has_cap:
            yield _found(wallet, "no_cap", (), day, Severity.high, names={rule.name})


def _found(
    wallet: KeyedWallet, sentence: str, shown: Sequence[Key], day: date, severity: Severity,
    names: set[Name] = frozenset(), **facts: Fact,  # type: ignore[assignment]
) -> Found:  # fmt: skip
    first = max((key.since for key in shown), default=day) if sentence in ("default", "one_holder", "backup_beside") else day
    return Found(
        subject_kind="wallet",
        subject_id=wallet.wallet_id,
        asset=wallet.asset,
        **whole_days(first, day),
        score=Decimal(1),
        severity=severity,
        sentence=sentence,
        evidence=evidence_of({wallet.name, *(key.name for key in shown), *names}),
        facts={"wallet": wallet.wallet_id, "day": day, "first_day": first, **facts},
    )
