"""A snapshot: everything the gate remembers after one entry of its journal, so that a restart replays only what came later.

A folder: ``clients/*.parquet`` in columns, ``rest.json`` for all else, ``snapshot.json`` with the entry and the SHA-256 of every
file. Written under another name first and renamed when whole. A snapshot of entry 0, the *base*, is what the books held when the
gate began; the journal's first entry names it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from sekisho.engine.kept_clients import SCHEMAS, WORDS, KeptClients
from sekisho.engine.kept_tables import tables_of
from sekisho.engine.memory import Memory
from sekisho.engine.requests import RequestEvent
from sekisho.gate.entries import BASED, Based, Listing, Planned, next_entry
from sekisho.gate.follower import Follower
from sekisho.gate.journal import Journal
from sekisho.gate.life import Ruled
from sekisho.gate.list_source import ListSource
from sekisho.gate.messages import GateDown, GateError, encode
from sekisho.gate.order_books import Kept
from sekisho.gate.rows import read_rows
from sekisho.gate.state import LEARNABLE, State
from sekisho.records import Records

FORM: Final = 1


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``snapshot.json``: after which entry, with which check, and what every file must be."""

    form: int
    number: int
    check: str
    files: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 over the content of all files."""
        return hashlib.sha256(encode(dict(sorted(self.files.items())))).hexdigest()


class _Movement(msgspec.Struct, frozen=True):
    asset: str
    occurred_at: datetime
    from_address: str
    to_address: str
    quantity: Decimal


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """``rest.json``: all that is not in columns."""

    decided_at: datetime
    based: str | None
    listing: Listing | None
    movements: list[_Movement]
    steps: tuple[Ruled, ...]
    planned: dict[int, Planned]
    registers: dict[str, list[dict[str, Any]]]
    prices: dict[str, tuple[datetime, str, Decimal]]
    answers: dict[str, list[RequestEvent]]
    orders: Kept


_ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "party": ("party_id",),
    "account": ("account_id",),
    "transfer": ("account_id", "requested_at", "transfer_id"),
    "address_book": ("account_id", "first_used_at", "address"),
    "account_event": ("account_id", "occurred_at"),
    "trade": ("account_id", "executed_at", "trade_id"),
    "customer_balance": ("account_id", "as_of_date", "asset"),
}
"""How the columns are sorted: as they are asked for, so that loading has nothing left to sort."""


class _Columns(Mapping[str, pa.Table]):
    """The tables of a snapshot, each read when it is asked for, words of few kinds as numbers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> pa.Table:
        return pq.read_table(
            self._folder / f"{name}.parquet", read_dictionary=[each for each in SCHEMAS[name].names if each in WORDS]
        )

    def __iter__(self) -> Iterator[str]:
        return iter(SCHEMAS)

    def __len__(self) -> int:
        return len(SCHEMAS)


def read_clients(folder: Path) -> KeptClients:
    """Clients from a folder of columns, one table after another."""
    return KeptClients(_Columns(folder))


def snapshots_beside(where: str) -> Path | None:
    """The folder of snapshots of a journal that is a file; None for a database, whose snapshots are where one says."""
    return None if where.startswith(("postgresql://", "postgres://")) else Path(f"{where}.snapshots")


def newest(folder: Path | None, journal: Journal, lists: ListSource | None = None, until: int | None = None) -> Follower:
    """The state after the newest snapshot that fits the journal (and lies at or before an entry); an empty one where there is none.

    A snapshot that does not fit (another check, or ahead of the journal) is passed over. Raises GateDown for a damaged one.
    """
    for place in _places(folder):
        manifest = _manifest(place)
        if until is not None and manifest.number > until:
            continue
        entry = journal.entry(manifest.number) if manifest.number else None
        if manifest.number and (entry is None or entry.check.hex() != manifest.check):
            continue
        return _load(place, manifest, lists)
    return Follower(lists=lists)


def take_snapshot(journal: Journal, folder: Path, lists: ListSource | None = None) -> tuple[int, Path]:
    """Follow the journal to its end and write the state there; gives the entry and the folder. The gate may run on meanwhile."""
    follower = newest(folder, journal, lists)
    for entry in journal.after(follower.number):
        follower.take(entry)
    return follower.number, write_snapshot(follower, folder)


def write_snapshot(follower: Follower, folder: Path) -> Path:
    """Write the state after the follower's entry into its own folder below ``folder``; gives that folder."""
    clients = clients_of(follower.state.memory)
    return _write(folder, follower.number, follower.check.hex(), clients, _rest(follower))


def _rest(follower: Follower) -> Rest:
    changed = follower.state.memory.changed()
    return Rest(
        decided_at=follower.decided_at,
        based=follower.based,
        listing=follower.listing,
        movements=[_Movement(**row) for row in follower.state.memory.movements()],
        steps=tuple(follower.life.history),
        planned=follower.planned,
        registers={name: [dict(row) for row in rows] for name, rows in follower.state.registers.items()},
        prices=dict(changed["reference_price"]),
        answers={about: list(each.values()) for about, each in changed["request_event"].items()},
        orders=follower.state.orders.kept(),
    )


def write_base(records: Records, folder: Path, detail_from: datetime | None = None) -> Path:
    """Write what the books hold as the state before the first entry of a new journal."""
    follower = Follower(State(Memory()))
    for table in sorted(set(LEARNABLE) - set(SCHEMAS) - {"order_event"}):
        if table in records.present:
            follower.state.learn_rows(table, read_rows(table, records.optional(table).to_pyarrow().to_pylist()))
    events, trades = (records.optional(name).to_pyarrow().to_pylist() for name in ("order_event", "trade"))
    for row in sorted((*events, *trades), key=lambda row: (row["sequence"], "trade_id" in row)):
        (follower.state.orders.learn_trade if "trade_id" in row else follower.state.orders.learn_event)(row)
    return _write(folder, 0, follower.check.hex(), tables_of(records, detail_from), _rest(follower))


def begin(journal: Journal, folder: Path, records: Records, detail_from: datetime | None, at: datetime) -> str:
    """Begin a new journal with what the books hold; gives the digest of that base. Raises GateError for one that has begun."""
    if journal.entry(1) is not None:
        raise GateError(
            "this journal has begun already; 'sekisho gate learn' tells it what is new, a new journal begins with a base"
        )
    digest = _manifest(write_base(records, folder, detail_from)).digest
    with journal.turn() as turn:
        number, check = turn.last()
        if number:
            raise GateError("this journal began meanwhile")
        turn.append([next_entry(1, check, BASED, None, encode(Based(digest=digest, at=at)))], [], [])
    return digest


def clients_of(memory: Memory) -> dict[str, pa.Table]:
    """The clients a memory holds, as columns: what is kept already, and above it what has changed."""
    changed = memory.changed()
    return {name: _columns(name, memory.kept, changed[name]) for name in SCHEMAS}


def _columns(name: str, kept: KeptClients | None, changed: Mapping[str, Any]) -> pa.Table:
    schema = SCHEMAS[name]
    rows = list(_rows(name, changed))
    above = pa.table({field.name: pa.array([row[n] for row in rows], field.type) for n, field in enumerate(schema)}, schema)
    if kept is None:
        return above
    return pa.concat_tables([kept.table(name, list(changed)).select(schema.names).cast(schema), above])


def _rows(name: str, changed: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of the columns of ``SCHEMAS``."""
    names = SCHEMAS[name].names
    for key in sorted(changed):
        one = changed[key]
        match name:
            case "party" | "account":
                yield tuple(getattr(one, column) for column in names)
            case "transfer":
                yield from one
            case "address_book":
                yield from ((key, address, used_at) for address, used_at in sorted(one.items()))
            case "customer_balance":
                yield from ((key, asset, day, quantity) for asset, (day, quantity) in sorted(one.items()))
            case _:
                yield from ((key, *each) for each in one)


def _write(folder: Path, number: int, check: str, clients: Mapping[str, pa.Table], rest: Rest) -> Path:
    place, writing = folder / f"{number:012d}", folder / f".{number:012d}.writing"
    if place.exists():
        raise GateError(f"{place}: there is a snapshot of entry {number} already")
    shutil.rmtree(writing, ignore_errors=True)
    (writing / "clients").mkdir(parents=True)
    for name, table in clients.items():
        ordered = table.sort_by([(column, "ascending") for column in _ORDER[name]])
        pq.write_table(ordered, writing / "clients" / f"{name}.parquet", compression="zstd")
    (writing / "rest.json").write_bytes(msgspec.json.encode(rest))
    files = {str(file.relative_to(writing)): _sha256(file) for file in sorted(writing.rglob("*")) if file.is_file()}
    manifest = Manifest(form=FORM, number=number, check=check, files=files)
    (writing / "snapshot.json").write_bytes(encode(manifest))
    writing.rename(place)
    return place


def _load(place: Path, manifest: Manifest, lists: ListSource | None) -> Follower:
    for name, digest in manifest.files.items():
        if not (place / name).is_file() or _sha256(place / name) != digest:
            raise GateDown(f"{place / name} is damaged or missing; remove the snapshot {place}, the gate then replays its journal")
    rest = msgspec.json.decode((place / "rest.json").read_bytes(), type=Rest)
    follower = Follower(State(Memory(read_clients(place / "clients"))), lists)
    follower.number, follower.check, follower.decided_at = manifest.number, bytes.fromhex(manifest.check), rest.decided_at
    follower.based = manifest.digest if manifest.number == 0 else rest.based
    follower.planned.update(rest.planned)
    for step in rest.steps:
        follower.life.take(step)
    for table, rows in rest.registers.items():
        follower.state.learn_rows(table, read_rows(table, rows))
    follower.state.memory.recall(rest.prices, rest.answers)
    follower.state.orders.recall(rest.orders)
    for row in rest.movements:
        follower.state.memory.learn("chain_movement", msgspec.structs.asdict(row))
    if rest.listing is not None:
        follower.use_lists(rest.listing)
    return follower


def _places(folder: Path | None) -> Iterable[Path]:
    """Whole snapshots, the newest first."""
    if folder is None or not folder.is_dir():
        return []
    return sorted((place for place in folder.iterdir() if place.name.isdecimal()), reverse=True)


def _manifest(place: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((place / "snapshot.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise GateDown(f"{place}: this snapshot cannot be read ({error}); remove it, the gate then replays its journal") from None
    if manifest.form != FORM:
        raise GateDown(f"{place}: this snapshot has another form; remove it, the gate then replays its journal")
    return manifest


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
