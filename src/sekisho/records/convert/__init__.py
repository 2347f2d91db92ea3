"""Converters: real exchanges' files become a records folder, exactly, or not at all.

A format is one module of ``formats``. The result appears under its name only when it is complete.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import duckdb

from sekisho.records.convert import formats as _formats
from sekisho.records.convert.format import Conversion, Format, Option, Options, chosen, refuse_unused
from sekisho.records.errors import RecordsError
from sekisho.records.folder import sources

__all__ = ["Conversion", "Format", "Option", "Options", "convert", "digest", "formats", "whole_folder"]

ACCOUNT_FILE = "conversion.json"
"""Where a converted folder says what it was made from and how."""


def convert(format_name: str, source: Path, out: Path, options: Options) -> Conversion:
    """Convert ``source`` into the new records folder ``out``; raises RecordsError and leaves nothing behind on bad input."""
    format_ = formats().get(format_name)
    if format_ is None:
        raise RecordsError(f"format {format_name}", "is not known", f"the formats are {', '.join(formats())}")
    if not source.exists():
        raise RecordsError(str(source), "no such file or folder", "give the path of the source")
    refuse_unused(format_, options)
    settled = replace(options, values=chosen(format_, options.values))
    with whole_folder(out, source.name) as unfinished:
        conversion = format_.convert(source, unfinished, settled)
        account = _account(format_.NAME, source, settled, conversion)
        (unfinished / ACCOUNT_FILE).write_text(account, encoding="utf-8")
    return conversion


@contextmanager
def whole_folder(out: Path, source: str) -> Iterator[Path]:
    """A hidden folder beside ``out`` that becomes ``out`` when all of it is written, and goes if anything fails.

    ``source`` is what messages call what it is made from. Raises RecordsError, also where ``out`` exists.
    """
    if out.exists():
        raise RecordsError(str(out), "already exists", "remove it or choose another folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.parent / f".{out.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        yield unfinished
        unfinished.rename(out)
    except (duckdb.DataError, duckdb.OperationalError) as error:
        said = str(error).splitlines()[0]
        raise RecordsError(source, f"cannot be converted: {said}", "correct the value, or make room") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def formats() -> Mapping[str, Format]:
    """Every format by its name."""
    modules = (importlib.import_module(f"{_formats.__name__}.{m.name}") for m in pkgutil.iter_modules(_formats.__path__))
    found = {module.NAME: cast(Format, module) for module in modules}
    return dict(sorted(found.items()))


def _account(format_name: str, source: Path, options: Options, conversion: Conversion) -> str:
    root = source.parent if source.is_file() else source
    beside = {name: path for name, path in (("wallets", options.wallets), ("tokens", options.tokens)) if path}
    account = {
        "format": format_name,
        "options": dict(options.values),
        "mapping": digest(options.mapping) if options.mapping else None,
        **{name: digest(path) for name, path in beside.items()},
        "source": {path.relative_to(root).as_posix(): digest(path) for path in sorted(conversion.sources)},
        "rows": dict(conversion.rows),
        "counts": dict(conversion.counts),
        "notes": list(conversion.notes),
    }
    return json.dumps(account, indent=1, ensure_ascii=False) + "\n"


def digest(path: Path) -> str:
    """SHA-256 of a file, or of the table ``wallet`` of a records folder."""
    if path.is_dir():
        path = next(s.files[0] for s in sources(path) if s.table.name == "wallet")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
