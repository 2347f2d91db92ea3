"""``sekisho names``: score names of websites as scams, and fit a model to the firm's own lists."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sekisho.intelligence.names.model import NameModel, read_model, write_model
from sekisho.records import RecordsError
from sekisho.rulebook import load_rulebook
from sekisho.typologies.host_names import UnreadableNameError
from sekisho.typologies.scam_names import Judged, judge

RULE = "perimeter/scam_name"

app = typer.Typer(
    help="Scam names: score names of websites nobody has listed yet; fit a model to lists the firm has.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def names_command() -> None:
    """Scam names: score names of websites nobody has listed yet; fit a model to lists the firm has."""


@app.command("score")
def score_command(
    names: Annotated[list[str], typer.Argument(help="Names, URLs, or files of them (text, CSV or Parquet; .gz too).")],
    model: Annotated[
        Path | None, typer.Option("--model", help="A model of 'names train'; default: the rules that come along.")
    ] = None,
    column: Annotated[str, typer.Option("--column", help="Column of a CSV or Parquet file that holds the names.")] = "domain",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score names: how much each looks like one made up to pass for a crypto-asset service. No list of scams is looked at.

    A level is 'likely', 'suspect' or 'none': by the points of rule perimeter/scam_name, or with --model by the thresholds set while
    it was fitted (one popular name in 10,000 and in 1,000 lies above them). Exit status 0; 2 when a file is unusable.
    """
    fitted = read_model(model) if model is not None else None
    levels = None if fitted is not None else _points()
    told = [_told(text, fitted, levels) for given in names for text in _names(given, column)]
    if as_json:
        typer.echo(json.dumps({"model": None if model is None else model.name, "names": told}, ensure_ascii=False, indent=2))
        return
    table = Table()
    for heading in ("name", "level", "score", "brand", "signs"):
        table.add_column(heading, overflow="fold")
    for each in told:
        score = "" if each["score"] is None else str(each["score"])
        table.add_row(each["name"], each["level"], score, each["brand"] or "", ", ".join(each["signs"]))
    Console().print(table)


@app.command("train")
def train_command(
    scam: Annotated[Path, typer.Option("--scam", help="List of scam names (text, CSV or Parquet; .gz too).")],
    benign: Annotated[list[Path], typer.Option("--benign", help="List of names that are none, such as popular ones; repeatable.")],
    out: Annotated[Path, typer.Option("--out", help="Where the model is written.")],
    column: Annotated[str, typer.Option("--column", help="Column of a CSV or Parquet file that holds the names.")] = "domain",
    until: Annotated[
        str | None, typer.Option("--until", help="Use only scam names first seen before this day (column first_seen).")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed; the same lists and seed give the same bytes.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fit a model of scam names to lists the firm may use. The lists stay where they are; the model holds numbers only.

    Sekisho ships neither lists nor models: check what the licence of a list says about models made from it. Exit status 0; 2 when a
    list is unusable.
    """
    # scikit-learn takes a second to load; scoring does without it.
    from sekisho.intelligence.names.training import fit

    scams = list(_names(str(scam), column, until))
    good = [name for file in benign for name in _names(str(file), column)]
    sources = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (scam, *benign)}
    with _progress(as_json) as told:
        try:
            model = fit(scams, good, seed=seed, sources=sources, told=told)
        except ValueError as error:
            raise RecordsError(str(scam), str(error), "give lists with one name a line") from None
    write_model(model, out)
    learned = {name: getattr(model.learned, name) for name in model.learned.__struct_fields__}
    if as_json:
        typer.echo(json.dumps({"model": out.name, **learned}, ensure_ascii=False, indent=2))
        return
    console = Console()
    console.print(f"{out}: fitted to {model.learned.scam:,} scam and {model.learned.benign:,} other names")
    for rate, threshold in (("1,000", model.learned.threshold_1e_3), ("10,000", model.learned.threshold_1e_4)):
        said = f"score {threshold}" if threshold is not None else "not set: too few names that are no scams"
        console.print(f"  one popular name in {rate} lies above: {said}", highlight=False)


def _points() -> tuple[int, int]:
    values = load_rulebook()[RULE].parameters
    hold, warn = (values[name].values[0].value for name in ("points_hold", "points_warn"))
    assert isinstance(hold, int) and isinstance(warn, int), "points are whole numbers"  # noqa: PT018
    return hold, warn


def _told(text: str, model: NameModel | None, levels: tuple[int, int] | None) -> dict[str, Any]:
    try:
        judged = judge(text)
    except UnreadableNameError:
        return {"name": text, "registered": None, "level": "unreadable", "score": None, "brand": None, "own": False, "signs": []}
    score, level = _level(judged, model, levels)
    return {
        "name": judged.name.host,
        "registered": judged.name.registered,
        "level": level,
        "score": score,
        "brand": judged.brand,
        "own": judged.own,
        "signs": list(judged.signs),
    }


def _level(judged: Judged, model: NameModel | None, levels: tuple[int, int] | None) -> tuple[float | int | None, str]:
    if model is not None:
        score = model.score(judged)
        return (None, "none") if score == float("-inf") else (round(score, 3), model.level(score))
    assert levels is not None
    hold, warn = levels
    return judged.points, "likely" if judged.points >= hold else "suspect" if judged.points >= warn else "none"


def _names(given: str, column: str, until: str | None = None) -> Iterator[str]:
    """The names of a file, or the name itself where no such file exists."""
    file = Path(given)
    if not file.is_file():
        if until is not None or file.suffix in (".parquet", ".csv", ".txt", ".gz") or "/" in given.removeprefix("https://")[:1]:
            raise RecordsError(given, "does not exist", "give a file or a name")
        yield given
        return
    try:
        yield from (_of_parquet if file.suffix == ".parquet" else _of_text)(file, column, until)
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise RecordsError(str(file), f"cannot be read: {error}", "give text in UTF-8, CSV or Parquet") from None


def _of_parquet(file: Path, column: str, until: str | None) -> Iterator[str]:
    wanted = [column, *(["first_seen"] if until is not None else [])]
    missing = [name for name in wanted if name not in pq.read_schema(file).names]
    if missing:
        raise RecordsError(file.name, f"column '{missing[0]}' is missing", "name the column with --column")
    for row in pq.read_table(file, columns=wanted).to_pylist():
        if row[column] and (until is None or str(row["first_seen"])[:10] < until):
            yield row[column]


def _of_text(file: Path, column: str, until: str | None) -> Iterator[str]:
    raw = file.read_bytes()
    text = (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode("utf-8-sig")
    lines = text.splitlines()
    if "," not in (lines[0] if lines else ""):
        if until is not None:
            raise RecordsError(file.name, "has no column first_seen", "leave out --until or give CSV or Parquet")
        yield from (line.strip() for line in lines if line.strip() and not line.startswith("#"))
        return
    rows = csv.DictReader(io.StringIO(text))
    missing = [name for name in (column, *(["first_seen"] if until else [])) if name not in (rows.fieldnames or ())]
    if missing:
        raise RecordsError(file.name, f"column '{missing[0]}' is missing", "name the column with --column")
    for row in rows:
        if row[column] and (until is None or row["first_seen"][:10] < until):
            yield row[column]


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _what, _done, _of: None
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)
