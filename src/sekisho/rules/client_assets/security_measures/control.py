"""Security measures: which measures of the guideline, and which safeguards of the cold wallets, nobody has looked at or proven?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sekisho.engine.assessed_items import of_the_exchange, words

if TYPE_CHECKING:
    from sekisho.engine.answers import Found
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for the measures of the guideline, and one for the safeguards of the cold wallets where there are any."""
    yield from of_the_exchange(records, words(p.items), p.as_of, p.months_max)
    wallets = records.wallet
    if wallets.filter(wallets.tier == "cold").count().to_pyarrow().as_py():
        for found in of_the_exchange(records, words(p.cold_wallet_items), p.as_of, p.months_max):
            yield replace(found, sentence="cold_wallets")
