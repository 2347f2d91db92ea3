"""Words about clients: does a text that is to leave the firm name one, or hold what looks like personal data?"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sekisho.records import Records

_PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|\b\d{2,4}-\d{2,4}-\d{4}\b|\b\d{10,16}\b|〒\s?\d{3}-?\d{4}")
_WORDS = re.compile(r"[\w.:-]+")
_NAMING = (("party", ("party_id",)), ("account", ("account_id",)), ("transfer", ("transfer_id", "txid")))


def read_client_names(records: Records) -> frozenset[str]:
    """Everything by which the records name a client: parties, accounts, transfers and their transactions."""
    names: set[str] = set()
    for table, columns in _NAMING:
        for row in records.optional(table).select(*columns).to_pyarrow().to_pylist():
            names.update(str(value) for value in row.values() if value)
    return frozenset(names)


def named_client(text: str, names: Set[str]) -> str | None:
    """The first word of a text that names a client; None where none does."""
    return next((bare for word in _WORDS.findall(text) if (bare := word.strip(".:-")) in names), None)


def personal(text: str) -> str | None:
    """The first thing in a text that looks like an e-mail address, a telephone, card or account number, or a postal code."""
    found = _PERSONAL.search(text)
    return None if found is None else found[0]
