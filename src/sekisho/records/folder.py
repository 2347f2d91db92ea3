"""Where the tables of a records folder are: NAME.parquet, NAME.csv, or a folder NAME/ of Parquet parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sekisho.records.errors import RecordsError
from sekisho.records.table import Table
from sekisho.records.tables import TABLES

_PARTITION = re.compile(r"date=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, slots=True)
class Source:
    """The file or files one table is read from. ``root`` is the folder of parts when the parts lie in ``date=`` folders."""

    table: Table
    files: tuple[Path, ...]
    is_csv: bool = False
    root: Path | None = None

    @property
    def label(self) -> str:
        """What messages call the source: its name inside the records folder."""
        return self.root.name if self.root is not None else self.files[0].name


def sources(folder: Path) -> tuple[Source, ...]:
    """The tables of a records folder, in the order of the contract.

    Raises RecordsError when the folder does not exist, holds no table, or holds one table twice.
    """
    if not folder.is_dir():
        raise RecordsError(str(folder), "is not a folder", "give the folder that holds the record tables")
    found = tuple(source for table in TABLES.values() if (source := _source(folder, table)) is not None)
    if not found:
        remedy = "name files after tables, such as trade.csv or trade.parquet; see 'sekisho records describe'"
        raise RecordsError(str(folder), "holds no record table", remedy)
    return found


def _source(folder: Path, table: Table) -> Source | None:
    csv, parquet, parts = folder / f"{table.name}.csv", folder / f"{table.name}.parquet", folder / table.name
    present = [path for path in (parquet, csv, parts) if path.exists()]
    if len(present) > 1:
        names = " and ".join(path.name for path in present)
        raise RecordsError(str(folder), f"table {table.name} is there twice: {names}", "keep one of them")
    if not present:
        return None
    path = present[0]
    if path == parts or path.is_dir():
        return _parts(path, table)
    return Source(table, (path,), is_csv=path == csv)


def _parts(folder: Path, table: Table) -> Source:
    files = tuple(sorted(_part_files(folder)))
    if not files:
        raise RecordsError(folder.name, "is a folder without Parquet parts", "put the parts there or remove the folder")
    partitioned = [path for path in files if path.parent != folder]
    if partitioned and len(partitioned) != len(files):
        stray = next(path for path in files if path.parent == folder)
        raise RecordsError(
            f"{folder.name}/{stray.name}", "lies beside date= folders", "move every part into a date=YYYY-MM-DD folder"
        )
    return Source(table, files, root=folder if partitioned else None)


def _part_files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir():
            _check_partition(path)
            yield from (part for part in path.iterdir() if _is_part(part, f"{folder.name}/{path.name}"))
        elif _is_part(path, folder.name):
            yield path


def _is_part(path: Path, where: str) -> bool:
    if path.name.startswith((".", "_")):
        return False
    if path.suffix != ".parquet" or not path.is_file():
        raise RecordsError(f"{where}/{path.name}", "is not a Parquet part", "keep only .parquet files there")
    return True


def _check_partition(path: Path) -> None:
    match = _PARTITION.fullmatch(path.name)
    try:
        date.fromisoformat(match[1] if match else "")
    except ValueError:
        where = f"{path.parent.name}/{path.name}"
        raise RecordsError(where, "is not a date=YYYY-MM-DD folder", "rename it, or move the parts up") from None
