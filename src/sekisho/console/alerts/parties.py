"""Whom a finding concerns: its subject, the holders of the accounts it names, and the parties of the records that prove it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import ibis
import pyarrow as pa

from sekisho.records import TABLES, Records, Table, open_records

PARTIES_MOST: Final = 50
"""Evidence that names more parties than this speaks of the firm's whole business (the balances of all clients), not of persons:
then only the subject counts."""
_ORDER: Final = "order"
_NAMED: Final = pa.schema([("finding", pa.string()), ("name", pa.string())])


class Parties:
    """The parties of findings, looked up in the books where there are books; without, only what findings themselves say."""

    def __init__(self, books: Path | None) -> None:
        wanted = [name for name, table in TABLES.items() if name == "account" or any(_who(table))]
        self._records: Records | None = None if books is None else open_records(books, only=wanted)

    def __enter__(self) -> Parties:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        if self._records is not None:
            self._records.close()

    def of(self, findings: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
        """The parties by finding_id."""
        found: dict[str, set[str]] = defaultdict(set)
        subjects_of: list[tuple[str, str]] = []
        evidence: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for finding in findings:
            name, subjects = finding["finding_id"], finding["subject_id"].split("|")
            if finding["subject_kind"] in ("party", "parties"):
                found[name].update(subjects)
            elif finding["subject_kind"] in ("account", "accounts"):
                subjects_of += [(name, each) for each in subjects]
            for item in finding["evidence"]:
                evidence[item["table"]].append((name, item["id"]))
        if self._records is not None:
            for finding_id, party in self._holders(subjects_of):
                found[finding_id].add(party)
            for finding_id, named in self._proven(evidence).items():
                if len(named) <= PARTIES_MOST:
                    found[finding_id] |= named
        return found

    def _proven(self, evidence: Mapping[str, list[tuple[str, str]]]) -> dict[str, set[str]]:
        """The parties that the records of the evidence name, themselves or by their accounts."""
        records = self._records
        assert records is not None
        found: dict[str, set[str]] = defaultdict(set)
        accounts: list[tuple[str, str]] = []
        for name, rows in evidence.items():
            table = TABLES.get("order_event" if name == _ORDER else name)
            if table is None or table.name not in records.present:
                continue
            party_columns, account_columns = _who(table)
            if not (party_columns or account_columns):
                continue
            key: Collection[str] = ("order_id",) if name == _ORDER else table.key
            named = self._named(rows)
            source = getattr(records, table.name)
            joined = named.join(source, named.name == _id(source, table, key))
            for finding_id, party in _pairs(joined, party_columns):
                found[finding_id].add(party)
            accounts += list(_pairs(joined, account_columns))
        for finding_id, party in self._holders(sorted(set(accounts))):
            found[finding_id].add(party)
        return found

    def _holders(self, accounts: Sequence[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        records = self._records
        if records is None or not accounts or "account" not in records.present:
            return ()
        named, account = self._named(accounts), records.account
        return _pairs(named.join(account, named.name == account.account_id), ["party_id"])

    def _named(self, rows: Sequence[tuple[str, str]]) -> ibis.Table:
        assert self._records is not None
        columns = list(zip(*rows, strict=True))
        return self._records.memory("named", pa.table([list(columns[0]), list(columns[1])], schema=_NAMED))


def _who(table: Table) -> tuple[list[str], list[str]]:
    """The columns of a table that name a party, and those that name an account."""
    parties = [c.name for c in table.columns if c.refers_to == "party.party_id" or (table.name, c.name) == ("party", "party_id")]
    accounts = [
        c.name for c in table.columns if c.refers_to == "account.account_id" or (table.name, c.name) == ("account", "account_id")
    ]
    return parties, accounts


def _id(source: ibis.Table, table: Table, key: Collection[str]) -> Any:
    parts = []
    for name in key:
        column, kind = source[name], table.by_name[name].arrow_type
        parts.append(column.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if pa.types.is_timestamp(kind) else column.cast("string"))
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + "|" + part
    return joined


def _pairs(joined: ibis.Table, columns: Sequence[str]) -> Iterable[tuple[str, str]]:
    for column in columns:
        rows = joined.filter(joined[column].notnull()).select("finding", who=joined[column]).distinct().to_pyarrow()
        yield from zip(rows["finding"].to_pylist(), rows["who"].to_pylist(), strict=True)
