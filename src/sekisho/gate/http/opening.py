"""Opens a gate as its settings say: journal, access log, callers, and the rule set a new journal begins with."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from sekisho.gate.access_log import AccessLog, PostgresAccessLog, SqliteAccessLog
from sekisho.gate.gate import Gate
from sekisho.gate.http.callers import Callers
from sekisho.gate.http.log import Log
from sekisho.gate.http.rates import Rates
from sekisho.gate.http.service import Doors, Service
from sekisho.gate.http.settings import Settings, SettingsError
from sekisho.gate.rule_set import RuleSet
from sekisho.gate.state import LEARNABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sekisho.records import Records
    from sekisho.rulebook import Rulebook

_POSTGRES: Final = ("postgresql://", "postgres://")
FIRST_BY: Final = ("settings of the first start", "first start")
"""Who drafts and who activates the rule set a new journal begins with; every later one needs two people."""
PORTION: Final = 5_000


@contextmanager
def opened(
    settings: Settings, folder: Path, log_to: TextIO | None = None, *, rulebook: Rulebook | None = None
) -> Iterator[Service]:
    """The service of a gate; closed at the end. Raises SettingsError, CallersError, GateDown."""
    with ExitStack() as stack:
        address = _address(settings, folder)
        store = settings.store
        gate = Gate(
            address,
            rulebook=rulebook,
            lists=None if store.lists is None else folder / store.lists,
            snapshots=None if store.snapshots is None else folder / store.snapshots,
        )
        stack.callback(gate.close)
        callers = Callers(folder / settings.callers.file, settings.callers.limits(), gate.use_once)
        access_log = access_log_of(settings, folder)
        stack.callback(access_log.close)
        logging.getLogger("litestar").setLevel(logging.CRITICAL)
        yield Service(
            Doors(
                gate=gate,
                callers=callers,
                access_log=access_log,
                log=Log(log_to),
                rates=Rates(settings.rates_by_role()),
                settings=settings,
            )
        )


def first_rule_set(gate: Gate, settings: Settings) -> bool:
    """Put the rule set of the settings in force where none ever was; whether it did."""
    if gate.life.active is not None:
        return False
    rules = settings.rules
    content = RuleSet(
        name="first",
        regime=rules.regime,
        rules=tuple(part.strip() for part in rules.rules.split(",")),
        assume=rules.assume,
        undetermined=rules.undetermined,
        release_needs=rules.release_needs,
        note="the rule set of the settings, put in force when the journal was new",
    )
    drafted_by, activated_by = FIRST_BY
    committed = gate.rule("commit", content, drafted_by, "first start")
    gate.rule("activate", committed.rule_set, activated_by, "first start")
    return True


def learn_records(gate: Gate, records: Records, progress: Callable[[str, int, int], None]) -> Mapping[str, int]:
    """Tell the gate every table of a records folder that it learns; the rows of each."""
    tables = [table for table in LEARNABLE if table in records.present and table != "request_event"]
    told: dict[str, int] = {}
    for done, table in enumerate(tables):
        progress(f"learning {table}", done, len(tables))
        rows: list[dict[str, Any]] = getattr(records, table).to_pyarrow().to_pylist()
        for start in range(0, len(rows), PORTION):
            # A start that was cut short goes on where it stopped: each portion is taken in once.
            gate.learn(table, rows[start : start + PORTION], f"start {table} {start}")
        told[table] = len(rows)
    return told


def _address(settings: Settings, folder: Path) -> str:
    """Where the journal is kept: a file, or an address of PostgreSQL."""
    secret = settings.store.secret_file
    if secret is not None:
        try:
            return (folder / secret).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{folder / secret}: {error}; secret_file holds the address of the journal") from None
    journal = settings.store.journal
    return journal if journal.startswith(_POSTGRES) else str(folder / journal)


def access_log_of(settings: Settings, folder: Path) -> AccessLog:
    """The access log: its own place where one is set, else beside the journal. Raises AccessLogDown."""
    kept, address = settings.store.access_log, _address(settings, folder)
    if kept is None and address.startswith(_POSTGRES):
        return PostgresAccessLog(address)
    if kept is not None and kept.startswith(_POSTGRES):
        return PostgresAccessLog(kept)
    return SqliteAccessLog(folder / (kept or "access.sqlite"))
