"""The books the console looks into: opened when first asked for, read where they lie, opened again when a file has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

from django.conf import settings

from sekisho.console.desk.pages import Unfit
from sekisho.engine.order_streams import OrderStreamError
from sekisho.findings.report.exhibits import ORDER, ORDER_TABLE, fetch
from sekisho.records import Records, RecordsError, open_records
from sekisho.records.folder import sources

Answer = TypeVar("Answer")
Row = Mapping[str, Any]
_ANSWERS_KEPT: Final = 200
_MEMORY: Final = "1GB"


class Books:
    """The records folder in one state. Tables are opened (and checked) only when a page asks for them; answers are kept a while."""

    def __init__(self, folder: Path, tables: frozenset[str]) -> None:
        self.folder, self.tables = folder, tables
        self._opened: dict[frozenset[str], Records] = {}
        self._answers: OrderedDict[Any, Any] = OrderedDict()
        self._lock = Lock()

    def of(self, *tables: str) -> Records:
        """Records with these tables, those of them that are there."""
        wanted = frozenset(tables) & self.tables
        with self._lock:
            if wanted not in self._opened:
                self._opened[wanted] = open_records(self.folder, memory_limit=_MEMORY, only=wanted)
            return self._opened[wanted]

    def rows(self, named: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[Row, ...]]:
        """The rows that evidence names by table and id; ``order`` gives all events of an order. Unknown ids are left out."""
        by_table: dict[str, list[str]] = {}
        for table, key in sorted(set(named)):
            by_table.setdefault(table, []).append(key)
        found: dict[tuple[str, str], tuple[Row, ...]] = {}
        for table, keys in by_table.items():
            stored = ORDER_TABLE if table == ORDER else table
            if stored in self.tables:
                fetched = self.once(("rows", table, tuple(keys)), lambda t=table, k=keys, s=stored: fetch(self.of(s), t, k))  # type: ignore[misc] # the loop's own values
                found |= {(table, key): rows for key, rows in fetched.items()}
        return found

    def once(self, key: Any, make: Callable[[], Answer]) -> Answer:
        """What ``make`` gives, made at the first call; the answers asked for longest ago are forgotten."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                kept: Answer = self._answers[key]
                return kept
        answer = make()
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > _ANSWERS_KEPT:
                self._answers.popitem(last=False)
        return answer


_LOCK: Final = Lock()
_NOW: dict[tuple[Any, ...], Books] = {}


def books() -> Books | None:
    """The books of the settings (``books``), None where they name none. Raises ``Unfit`` where they cannot be read."""
    if settings.CHOSEN.books is None:
        return None
    folder = Path(settings.FOLDER) / settings.CHOSEN.books
    try:
        found = sources(folder)
    except RecordsError as error:
        raise Unfit(str(error)) from None
    files = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for source in found for file in source.files]
    state = (str(folder), *files)
    with _LOCK:
        if state not in _NOW:
            _NOW.clear()
            _NOW[state] = Books(folder, frozenset(source.table.name for source in found))
        return _NOW[state]


def asked(make: Callable[[Books], Answer]) -> Answer | None:
    """What a page asks of the books; None without books. Books that cannot be used are told as ``Unfit``."""
    there = books()
    if there is None:
        return None
    try:
        return make(there)
    except (RecordsError, OrderStreamError) as error:
        raise Unfit(str(error)) from None


def parties_of(accounts: Sequence[str]) -> dict[str, str]:
    """Whose accounts these are, as far as the books say."""
    if not accounts:
        return {}
    found = asked(lambda there: there.rows(("account", each) for each in accounts)) or {}
    return {key: str(row["party_id"]) for (_, key), rows in found.items() for row in rows if row.get("party_id")}
