"""Third-party custody: is every keeper of customers' assets known, checked, analysed, and bound to give them back?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from ibis import _

from sekisho.engine.answers import Found, Severity
from sekisho.engine.assessed_items import Name, evidence_of, told, words
from sekisho.typologies.assessments import look, read_assessments
from sekisho.typologies.registers import Provider, in_force, read_providers
from sekisho.typologies.valuation import whole_days

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """For each keeper: not on the register, nothing that brings the assets back, or not checked and analysed."""
    providers = in_force(read_providers(records), p.as_of)
    assessments = read_assessments(records)
    for custodian, wallets in _kept(records).items():
        names: set[Name] = {("wallet", wallet) for wallet in wallets}
        known = [each for each in providers if custodian in (each.provider_id, each.name) and each.service == "custody"]
        if not known:
            yield _found(custodian, "not_registered", wallets, names, None, p)
            continue
        names |= {each.record for each in known}
        terms = [each.returns_assets_by for each in known if each.returns_assets_by is not None]
        if not set(terms) & set(words(p.returns)):
            yield _found(custodian, "no_return", wallets, names, terms, p)
        subject = _subject(known)
        looked = look(assessments, words(p.items), subject, p.as_of, p.months_max)
        yield from told(looked, "custodian", names, p.as_of, wallets=wallets)


def _kept(records: Records) -> dict[str, list[str]]:
    """The wallets with customers' or guarantee assets that somebody else keeps, by who that is."""
    kept = records.wallet.filter(_.custodian.notnull(), _.holder != "own").select("custodian", "wallet_id")
    found: dict[str, list[str]] = defaultdict(list)
    for row in kept.order_by("custodian", "wallet_id").to_pyarrow().to_pylist():
        found[row["custodian"]].append(row["wallet_id"])
    return found


def _subject(known: Sequence[Provider]) -> str:
    return known[0].provider_id


def _found(
    custodian: str, sentence: str, wallets: Sequence[str], names: set[Name], terms: Sequence[str] | None, p: Parameters
) -> Found:
    return Found(
        subject_kind="custodian",
        subject_id=custodian,
        **whole_days(p.as_of, p.as_of),
        score=Decimal(1),
        severity=Severity.high,
        sentence=sentence,
        evidence=evidence_of(names),
        facts={"custodian": custodian, "wallets": list(wallets), "terms": list(terms or ()) or None, "day": p.as_of},
    )
