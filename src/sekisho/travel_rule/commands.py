"""``sekisho travel-rule``: check Travel Rule payloads, exchange notices with other operators, show what was sent and received."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from sekisho.records.errors import RecordsError
from sekisho.rulebook.commands import parse_day
from sekisho.travel_rule import exchange_commands
from sekisho.travel_rule.ivms101 import Authorities, AuthoritiesError, Issue, Judged, KeyStyle, find_authorities, judge
from sekisho.travel_rule.ivms101.issue import ERRORS
from sekisho.travel_rule.ivms101.schema import ROOT, VERSIONS

INVALID = 1
COMPILED_FROM = 2_000
"""From so many payloads on, the compiled validator sorts out the sound ones; below, starting it would take longer than it saves."""
LINES_SHOWN_MAX = 20
_JAPAN = timedelta(hours=9)

app = typer.Typer(help="Travel Rule: check IVMS101 payloads and exchange notices with other operators.", no_args_is_help=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How payloads are judged, from the options."""

    version: str
    as_of: date
    authorities: Authorities | None
    keys: str
    without: frozenset[str]

    def judge(self, document: Any) -> Judged:
        return judge(
            document, as_of=self.as_of, version=self.version, authorities=self.authorities, keys=self.keys, without=self.without
        )


@dataclass(frozen=True, slots=True)
class _File:
    """One file and the verdict on each of its payloads; ``lines`` are 1-based, or None where the file is one payload."""

    name: str
    verdicts: Sequence[tuple[int | None, Judged]]

    @property
    def valid(self) -> bool:
        return all(verdict.valid for _line, verdict in self.verdicts)

    @property
    def version(self) -> str:
        versions = sorted({verdict.version for _line, verdict in self.verdicts})
        return versions[0] if len(versions) == 1 else "mixed"


@app.command("validate")
def validate_command(
    file: Annotated[
        list[str], typer.Argument(help="JSON file, or JSON lines with many payloads (.jsonl, .gz too); - is standard input.")
    ],
    version: Annotated[
        str, typer.Option("--version", help="Issue of IVMS101: 2020, 2023, or auto (as each payload is written).")
    ] = "auto",
    keys: Annotated[
        str, typer.Option("--keys", help="auto reads protojson, snake case and TRISA's synonyms too; standard does not.")
    ] = "auto",
    authorities: Annotated[
        Path | None,
        typer.Option("--authorities", help="GLEIF Registration Authorities List (CSV or JSON). Default: under SEKISHO_DATA."),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day before which birth dates must lie. Default: today in Japan.")
    ] = None,
    without: Annotated[str | None, typer.Option("--without", help="Constraints left out, such as C7,C10; commas join.")] = None,
    language: Annotated[str, typer.Option("--language", help="Language of the printed text: en or ja; --json holds both.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list with one object for each FILE.")] = False,
) -> None:
    """Check IVMS101 payloads by the text of the standard: structure, code lists, list limits, C1 to C12, LEI check digits.

    Exit status 0 when all are valid, 1 when some are not, 2 when an input cannot be read. Without the GLEIF list C10 is noted as
    not checked. A TRP inquiry or a TRISA payload is looked into; a file with one person or address is judged as that part.
    """
    how = _how(version, keys, authorities, as_of, without, language)
    files = [_File(name, tuple(_verdicts(name, how))) for name in file]
    if as_json:
        typer.echo(json.dumps([_file_json(each) for each in files], ensure_ascii=False, indent=2))
    else:
        for each in files:
            _print_file(each, language)
    if not all(each.valid for each in files):
        raise typer.Exit(INVALID)


def _how(version: str, keys: str, authorities: Path | None, as_of: str | None, without: str | None, language: str) -> _How:
    for option, value, known in (
        ("--version", version, ("auto", *VERSIONS)),
        ("--keys", keys, ("auto", "standard")),
        ("--language", language, ("en", "ja")),
    ):
        if value not in known:
            raise RecordsError(f"travel-rule validate {option}", f"{value!r} is not known", f"use one of {', '.join(known)}")
    left_out = frozenset(word.strip() for word in (without or "").split(",") if word.strip())
    unknown = sorted(left_out - set(ERRORS))
    if unknown:
        raise RecordsError("travel-rule validate --without", f"{unknown[0]!r} is no constraint", f"use some of {', '.join(ERRORS)}")
    try:
        listed = find_authorities(authorities)
    except AuthoritiesError as error:
        raise RecordsError("travel-rule validate --authorities", str(error), "give another file") from None
    day = parse_day(as_of) if as_of else (datetime.now(UTC) + _JAPAN).date()
    return _How(version=version, as_of=day, authorities=listed, keys=keys, without=left_out)


def _verdicts(name: str, how: _How) -> Iterator[tuple[int | None, Judged]]:
    """The verdict on each payload of a file. One JSON document is one payload, a list of documents or lines of them are many."""
    content = _content(name)
    try:
        document = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        lines = _lines(content, name, str(error))
        yield from _many(lines, how)
        return
    if isinstance(document, list):
        yield from ((at, how.judge(each)) for at, each in enumerate(document, 1))
    else:
        yield None, how.judge(document)


def _content(name: str) -> bytes:
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise RecordsError(name, f"cannot be read: {error}", "give a JSON file, JSON lines, or - for standard input") from None
    if not content.strip():
        raise RecordsError(name, "is empty", "give a JSON file, JSON lines, or - for standard input")
    return content.removeprefix(b"\xef\xbb\xbf")


def _lines(content: bytes, name: str, error: str) -> list[tuple[int, bytes, Any]]:
    """Line number, bytes and document of each line; a file of one line that is no JSON has no lines either."""
    found = []
    lines = content.splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append((number, line, msgspec.json.decode(line)))
        except msgspec.DecodeError as wrong:
            where, why = (name, error) if not found else (f"{name}, line {number}", str(wrong))
            raise RecordsError(where, f"is not JSON: {why}", "give one JSON document, or one on each line") from None
    return found


def _many(lines: Sequence[tuple[int, bytes, Any]], how: _How) -> Iterator[tuple[int | None, Judged]]:
    if len(lines) < COMPILED_FROM:
        yield from ((number, how.judge(document)) for number, _line, document in lines)
        return
    from sekisho.travel_rule.ivms101.compiled import Scanner  # starting it takes a second

    scanned = Scanner(how.as_of, how.authorities).scan([line for _number, line, _document in lines], how.version)
    sound = {
        issue: Judged(valid=True, version=issue, component=ROOT, key_style=KeyStyle.standard, issues=(), notes=())
        for issue in VERSIONS
    }
    for at, (number, _line, document) in enumerate(lines):
        yield number, how.judge(document) if scanned.masks[at] else sound[VERSIONS[scanned.versions[at]]]


def _file_json(file: _File) -> dict[str, Any]:
    told: dict[str, Any] = {"file": file.name, "valid": file.valid, "version": file.version}
    if len(file.verdicts) == 1 and file.verdicts[0][0] is None:
        verdict = file.verdicts[0][1]
        return told | _verdict_json(verdict, None)
    told["payloads"] = [
        {"line": line, "valid": verdict.valid, "version": verdict.version} | _verdict_json(verdict, None)
        for line, verdict in file.verdicts
    ]
    told["issues"] = [_issue_json(issue, line) for line, verdict in file.verdicts for issue in verdict.issues]
    return told


def _verdict_json(verdict: Judged, line: int | None) -> dict[str, Any]:
    return {
        "component": verdict.component,
        "key_style": verdict.key_style.value,
        "issues": [_issue_json(issue, line) for issue in verdict.issues],
        "notes": [_issue_json(note, line) for note in verdict.notes],
    }


def _issue_json(issue: Issue, line: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {} if line is None else {"line": line}
    return told | {
        "constraint": issue.constraint,
        "path": issue.path,
        "problem": {language: issue.problem(language) for language in ("en", "ja")},
        "remedy": {language: issue.remedy(language) for language in ("en", "ja")},
    }


_SAID = {
    "en": ("valid", "INVALID", "IVMS101 issue {version}, {component}", "note", "… {more} more"),
    "ja": ("適合", "不適合", "IVMS101 {version}年版、{component}", "注記", "…ほか{more}件"),
}


def _print_file(file: _File, language: str) -> None:
    valid, invalid, of, note, more = _SAID[language]
    many = len(file.verdicts) > 1
    if many:
        wrong = sum(not verdict.valid for _line, verdict in file.verdicts)
        typer.echo(f"{file.name}: {len(file.verdicts) - wrong} {valid}, {wrong} {invalid}")
    shown = 0
    for line, verdict in file.verdicts:
        if many and verdict.valid:
            continue
        shown += 1
        if shown > LINES_SHOWN_MAX:
            break
        where = f"{file.name}:{line}" if line is not None else file.name
        typer.echo(
            f"{where}: {valid if verdict.valid else invalid} ({of.format(version=verdict.version, component=verdict.component)})"
        )
        for issue in verdict.issues:
            typer.echo(f"  {issue.constraint}  {issue.path}: {issue.problem(language)} → {issue.remedy(language)}")
        for issue in verdict.notes:
            typer.echo(f"  {note}  {issue.path}: {issue.problem(language)}")
    left = sum(not verdict.valid for _line, verdict in file.verdicts) - LINES_SHOWN_MAX
    if left > 0:
        typer.echo(more.format(more=left))


exchange_commands.add_to(app)
