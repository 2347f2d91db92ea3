"""``sekisho address``: are these addresses right, and does one of them only look like an address the client has paid before?"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from sekisho.records import RecordsError
from sekisho.rulebook import RulebookError, load_rulebook
from sekisho.typologies.addresses.checking import VERDICTS, Limits
from sekisho.typologies.addresses.files import read_books, read_candidates
from sekisho.typologies.addresses.in_bulk import told_in_order
from sekisho.typologies.addresses.telling import Told, marked, write_csv, write_json, written

RULE = "transfers/poisoned_address"
UNUSABLE = 2
_SHOWN_MAX = 40

app = typer.Typer(help="Addresses: right, wrong, or only looking like one the client has paid before.", no_args_is_help=True)


_Book = Annotated[
    Path, typer.Option("--book", help="CSV of known addresses: address, and client_id, asset, network, tag where there are.")
]
_Candidates = Annotated[
    Path,
    typer.Option("--candidates", help="CSV of payments asked for: address; id, client_id, asset, network, tag, inbound."),
]
_Out = Annotated[Path | None, typer.Option("--out", help="Write all verdicts here: CSV, or JSON where the name ends in .json.")]
_Assume = Annotated[
    list[str] | None, typer.Option("--assume", help=f"{RULE}.NAME=VALUE, such as {RULE}.chance_max=0.001; the answer says so.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.callback()
def _group() -> None:
    """Addresses of crypto-assets: right, wrong, known, or only looking like a known one."""


@app.command("check")
def check_command(
    book: _Book,
    candidates: _Candidates,
    out: _Out = None,
    assume: _Assume = None,
    as_json: _Json = False,
) -> None:
    """Check destinations in bulk: malformed, on the wrong network, a look-alike of a known address, known, or clear.

    One verdict for each candidate, in their order. With client_id in both files a candidate is checked against its client's
    addresses alone; otherwise against the whole book. Exit status 0 when it ran, whatever it found; 2 when a file is unusable.
    """
    try:
        limits = _limits(tuple(assume or ()))
        books, problems = read_books(book)
        asked = read_candidates(candidates)
        given: list[Told] = []
        with _progress(as_json, len(asked)) as step:
            for some in told_in_order(asked, books, limits.limits):
                given += some
                step(len(given))
        head: dict[str, Any] = {
            "book": {
                "addresses": len(books),
                "clients": books.clients if books.by_client else None,
                "left_out": [problem._asdict() for problem in problems],
            },
            "limits": limits.told,
            "counts": {**dict.fromkeys(VERDICTS, 0), **Counter(each.verdict for each in given)},
        }
        if out is not None:
            if out.suffix.lower() == ".json":
                written(out, partial(write_json, head=head, verdicts=given))
            else:
                written(out, partial(write_csv, verdicts=given))
    except (RecordsError, RulebookError) as error:
        sys.stderr.write(f"sekisho: {error}\n")
        raise typer.Exit(UNUSABLE) from None
    if as_json:
        write_json(sys.stdout, head, given)
    else:
        _print(head, given, out)


class _Chosen(NamedTuple):
    limits: Limits
    told: dict[str, Any]


def _limits(assume: tuple[str, ...]) -> _Chosen:
    """The firm's starting values in rule.yaml, the same the gate uses, with the user's assumptions on top."""
    rulebook = load_rulebook()
    assumed = rulebook.assumptions(assume)
    strange = set(assumed) - {RULE}
    if strange:
        raise RulebookError(f"--assume {min(strange)}: only parameters of {RULE} matter here")
    rule = rulebook[RULE]
    day = date.max
    p = rule.parameters_in("any", day, day, assumed.get(RULE, {}))
    values = {name: getattr(p, name) for name in Limits._fields}
    try:
        limits = Limits(**{name: float(value) for name, value in values.items()})
    except (TypeError, ValueError):
        raise RulebookError(f"{RULE}: {values} are not all numbers; give --assume {RULE}.NAME=NUMBER") from None
    said = {name: str(value) for name, value in values.items()}
    return _Chosen(limits, {**said, "rule": RULE, "assumed": sorted(assumed.get(RULE, {}))})


@contextmanager
def _progress(quiet: bool, total: int) -> Iterator[Any]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _done: None
        return
    columns = (SpinnerColumn(), TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda done: progress.update(task, completed=done)


def _print(head: dict[str, Any], given: Sequence[Told], out: Path | None) -> None:
    console = Console()
    grid = Table(title=f"{len(given):,} candidates against {head['book']['addresses']:,} known addresses", title_justify="left")
    grid.add_column("verdict")
    grid.add_column("candidates", justify="right")
    for verdict, count in head["counts"].items():
        grid.add_row(verdict, f"{count:,}")
    console.print(grid)
    wrong = [each for each in given if each.verdict in {"malformed", "wrong_network", "lookalike"}]
    for each in wrong[:_SHOWN_MAX]:
        _print_one(console, each)
    if len(wrong) > _SHOWN_MAX:
        console.print(f"{len(wrong) - _SHOWN_MAX:,} more are not shown; --out FILE and --json have them all")
    for problem in head["book"]["left_out"][:_SHOWN_MAX]:
        said = f"book row {problem['row']} is left out: {problem['said_en']}"
        console.print(said, style="yellow", markup=False, highlight=False, soft_wrap=True)
    if out is not None:
        console.print(f"written: {out}", highlight=False, soft_wrap=True)


def _print_one(console: Console, one: Told) -> None:
    named = " ".join(filter(None, (f"row {one.row}", one.id, one.client_id and f"client {one.client_id}")))
    console.print(f"{_printable(named)}: {one.verdict}", style="bold", markup=False, highlight=False, soft_wrap=True)
    if one.resembles is not None:
        known, other = marked(one.resembles, _printable(one.address))
        console.print("  known  ", known, highlight=False, soft_wrap=True, sep="")
        console.print("  asked  ", other, highlight=False, soft_wrap=True, sep="")
    else:
        console.print(f"  {_printable(one.address)}", markup=False, highlight=False, soft_wrap=True)
    if one.said_en:
        console.print(f"  {one.said_en}", markup=False, highlight=False, soft_wrap=True)


def _printable(text: str) -> str:
    """A text as it was written; what a terminal might obey is shown as its number."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:120])
