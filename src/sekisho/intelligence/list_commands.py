"""``sekisho lists``: load, show, look up, compare and roll back the lists a gate screens against, and rescreen on an update."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.table import Table

from sekisho.intelligence.list_file import Layout, read_list_file
from sekisho.intelligence.rescreening import Book, Change, Span, affected, books_of, changes, span_of, told
from sekisho.intelligence.store import KINDS, ListStore, Loading
from sekisho.records import RecordsError, open_records
from sekisho.typologies.listed import Listed, version_of
from sekisho.typologies.listed_forms import ENTRY_KINDS, form_of

app = typer.Typer(
    help="Lists the gate screens against: sanctions, illicit addresses, unregistered operators, scam domains, counterparties.",
    no_args_is_help=True,
)
_SHOWN_MAX = 50

_Lists = Annotated[
    Path, typer.Argument(help="Folder of the lists; a records folder with list_version and list_entry.", show_default=False)
]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_At = Annotated[str | None, typer.Option("--at", help="Moment in UTC, such as 2026-06-01T09:00:00Z. Default: now.")]
_By = Annotated[str, typer.Option("--by", help="Who does it: the person's id.", show_default=False)]


@app.command("load")
def load_command(
    lists: _Lists,
    file: Annotated[Path, typer.Argument(help="The list as published: .csv or .parquet with a column value.", show_default=False)],
    list_id: Annotated[str, typer.Option("--list", help="Name of the list, such as ofac_addresses.", show_default=False)],
    kind: Annotated[str, typer.Option("--kind", help=f"What being listed means: {', '.join(KINDS)}.", show_default=False)],
    source: Annotated[str, typer.Option("--source", help="Who published it, with address or document number.", show_default=False)],
    by: _By,
    valid_from: Annotated[
        str | None, typer.Option("--valid-from", help="From when it applies (UTC). Default: from the moment of loading.")
    ] = None,
    at: _At = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            help="OURS=THEIRS: the file's own name of a column, e.g. value=address; confidence=- leaves it out; repeatable.",
        ),
    ] = None,
    fill: Annotated[
        list[str] | None, typer.Option("--fill", help="OURS=TEXT: what an empty cell means, e.g. category=sanction; repeatable.")
    ] = None,
    sha256: Annotated[str | None, typer.Option("--sha256", help="Hash the source publishes; another file is refused.")] = None,
    entries_min: Annotated[
        int, typer.Option("--entries-min", min=0, help="Fewer entries are refused: a list seldom shrinks much.")
    ] = 0,
    note: Annotated[str | None, typer.Option("--note", help="Why it is loaded.")] = None,
    as_json: _Json = False,
) -> None:
    """Load a list file as the next version of its list; a file that is not wholly right is refused and nothing changes.

    Columns: value; and where known entry_kind (address, name, domain, url), asset, category, subject, reference, confidence
    (0 to 100), valid_from, valid_until, marking. A running gate takes the version in by itself, without a restart.
    """
    given = read_list_file(file, _kind(kind), Layout(columns=_pairs("--column", column), fill=_pairs("--fill", fill)))
    if sha256 is not None and sha256.lower() != given.sha256:
        raise RecordsError(file.name, f"has the hash {given.sha256}", "it is not the file its source published; fetch it again")
    if len(given.entries) < entries_min:
        problem = f"holds {len(given.entries)} entries, fewer than {entries_min}"
        raise RecordsError(file.name, problem, "fetch it again, or lower --entries-min if it really shrank")
    moment = _moment(at)
    loading = Loading(
        list_id=list_id,
        kind=kind,
        source=source,
        loaded_by=by,
        loaded_at=moment,
        valid_from=_moment(valid_from) if valid_from else None,
        note=note,
    )
    row = ListStore(lists).load(given, loading)
    _print_version(row, as_json, "loaded")


@app.command("rollback")
def rollback_command(
    lists: _Lists,
    list_id: Annotated[str, typer.Argument(help="The list.", show_default=False)],
    by: _By,
    to: Annotated[int | None, typer.Option("--to", min=1, help="Version to return to. Default: the one in force before.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="Why.")] = None,
    at: _At = None,
    as_json: _Json = False,
) -> None:
    """Return to an earlier version of a list; the return is a version of its own, so nothing of the past changes."""
    row = ListStore(lists).roll_back(list_id, by=by, at=_moment(at), to=to, note=note)
    _print_version(row, as_json, "returned to")


@app.command("show")
def show_command(
    lists: _Lists,
    list_id: Annotated[str | None, typer.Argument(help="One list; default: all.")] = None,
    at: _At = None,
    as_json: _Json = False,
) -> None:
    """Show every version of the lists, who loaded it from where, and which is in force; checks the stored entries, too."""
    store = ListStore(lists)
    rows = [row for row in store.rows() if list_id in (None, row["list_id"])]
    if not rows:
        raise RecordsError(
            str(lists), f"holds no list{'' if list_id is None else f' {list_id!r}'}", "load one with 'sekisho lists load'"
        )
    moment = _moment(at)
    opened = store.open()
    shown = []
    for row in rows:
        version = version_of(row)
        current = opened.in_force(version.list_id, moment)
        shown.append({**_jsonable(row), "in_force": current is not None and current.version == version.version})
    if as_json:
        _echo({"at": _stamp(moment), "versions": shown})
        return
    grid = Table("list", "version", "kind", "entries", "applies from", "loaded by", "source", "in force")
    for each in shown:
        of = "" if each["entries_of"] == each["version"] else f" (= {each['entries_of']})"
        grid.add_row(
            each["list_id"],
            f"{each['version']}{of}",
            each["kind"],
            f"{each['entries']:,}",
            max(each["valid_from"], each["loaded_at"]),
            each["loaded_by"],
            each["source"],
            "yes" if each["in_force"] else "",
        )
    Console().print(grid)


@app.command("lookup")
def lookup_command(
    lists: _Lists,
    values: Annotated[list[str], typer.Argument(help="Addresses, names, domains or URLs.", show_default=False)],
    entry_kind: Annotated[str, typer.Option("--kind", help=f"What they are: {', '.join(ENTRY_KINDS)}.")] = "address",
    asset: Annotated[str | None, typer.Option("--asset", help="Asset of the addresses, such as BTC.")] = None,
    at: _At = None,
    as_json: _Json = False,
) -> None:
    """Look values up on all lists in force. Exit status 1 when one is listed, 0 when none is, 2 when the lists are unusable."""
    if entry_kind not in ENTRY_KINDS:
        raise RecordsError("--kind", f"'{entry_kind}' is not a kind of entry", f"give one of {', '.join(ENTRY_KINDS)}")
    moment = _moment(at)
    opened = ListStore(lists).open(at=moment)
    if not opened.versions:
        raise RecordsError(str(lists), "holds no list", "load one with 'sekisho lists load'")
    answers: list[dict[str, Any]] = []
    for value in values:
        started = time.perf_counter()
        hits = opened.domain(value, moment) if entry_kind == "domain" else opened.find(entry_kind, value, moment, asset)
        taken = round((time.perf_counter() - started) * 1e6, 1)
        answers.append(
            {
                "value": value,
                "normal_form": form_of(entry_kind, value, asset),
                "listed": [_hit(h) for h in hits],
                "microseconds": taken,
            }
        )
    if as_json:
        _echo({"at": _stamp(moment), "answers": answers})
    else:
        console = Console()
        for answer in answers:
            console.print(
                f"{answer['value']}: {'listed' if answer['listed'] else 'on no list in force'}", highlight=False, markup=False
            )
            for hit in answer["listed"]:
                words = ", ".join(str(hit[k]) for k in ("category", "subject") if hit[k])
                console.print(
                    f"  {hit['list_id']} v{hit['version']} row {hit['row']} ({hit['kind']}) {words}", highlight=False, markup=False
                )
    if any(answer["listed"] for answer in answers):
        raise typer.Exit(1)


@app.command("diff")
def diff_command(
    lists: _Lists,
    list_id: Annotated[str, typer.Argument(help="The list.", show_default=False)],
    before: Annotated[
        int | None, typer.Option("--from", min=0, help="Version before; 0: before the first. Default: the last other one.")
    ] = None,
    after: Annotated[int | None, typer.Option("--to", min=0, help="Version after. Default: the one in force.")] = None,
    at: _At = None,
    as_json: _Json = False,
) -> None:
    """Compare two versions of a list: which entries came, went, or changed their category or subject."""
    store = ListStore(lists)
    span = span_of(store, list_id, _moment(at), before, after)
    found = changes(store, span)
    counts = Counter(change.change for change in found)
    if as_json:
        _echo({**_span(span), "counts": dict(sorted(counts.items())), "changes": [_change(change) for change in found]})
        return
    console = Console()
    console.print(f"{list_id}: version {span.before} to {span.after}: " + (_counted(counts) or "no difference"), highlight=False)
    for change in found[:_SHOWN_MAX]:
        console.print(f"  {change.change:8} {change.value}  {_words(change)}", highlight=False, markup=False, soft_wrap=True)
    if len(found) > _SHOWN_MAX:
        console.print(f"  and {len(found) - _SHOWN_MAX} more; --json shows all")


@app.command("rescreen")
def rescreen_command(
    lists: _Lists,
    records: Annotated[Path | None, typer.Option("--records", help="Records folder: the transfers of all clients.")] = None,
    book: Annotated[
        Path | None, typer.Option("--book", help="CSV of clients' address books: account_id, address, asset (optional).")
    ] = None,
    list_id: Annotated[str | None, typer.Option("--list", help="One list; default: all.")] = None,
    before: Annotated[int | None, typer.Option("--from", min=0, help="Version before; with --list.")] = None,
    after: Annotated[int | None, typer.Option("--to", min=0, help="Version after; with --list.")] = None,
    at: _At = None,
    out: Annotated[Path | None, typer.Option("--out", help="Parquet file of every row, written whole or not at all.")] = None,
    as_json: _Json = False,
) -> None:
    """Rescreen on an update: which past transfers and clients' addresses would now be judged otherwise.

    Compares what is in force with what was in force before it, or two versions of one list. Exit status 1 when a client
    is concerned, 0 when none is.
    """
    if (records is None) == (book is None):
        raise RecordsError("--records", "or --book is needed, not both", "name the records folder, or the CSV of address books")
    if list_id is None and (before is not None or after is not None):
        raise RecordsError("--from", "needs --list", "name the list whose versions are compared")
    store, moment = ListStore(lists), _moment(at)
    names = [list_id] if list_id else sorted({version.list_id for version in store.versions()})
    if not names:
        raise RecordsError(str(lists), "holds no list", "load one with 'sekisho lists load'")
    spans = [span_of(store, name, moment, before, after) for name in names]
    found = [(span, changes(store, span)) for span in spans]
    hit = affected(found, _books(records, book))
    rows = [told(one) for one in hit]
    if out is not None:
        _write_rows(out, rows)
    summary = {
        "compared": [{**_span(span), "changes": len(those)} for span, those in found],
        "accounts": len({row["account_id"] for row in rows}),
        "transfers": len({t for row in rows for t in row["transfers"]}),
        "counts": dict(sorted(Counter(row["change"] for row in rows).items())),
    }
    if as_json:
        _echo({**summary, "affected": rows})
    else:
        _print_rescreened(summary, rows)
    if rows:
        raise typer.Exit(1)


def _books(records: Path | None, book: Path | None) -> Iterator[Book]:
    if records is not None:
        with open_records(records, only=("transfer",)) as opened:
            yield from books_of(opened)
        return
    assert book is not None
    try:
        with book.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            for name in ("account_id", "address"):
                if name not in (reader.fieldnames or ()):
                    raise RecordsError(book.name, "is missing", "give account_id, address and, where known, asset", column=name)
            for number, row in enumerate(reader, 1):
                if not row["account_id"] or not row["address"]:
                    raise RecordsError(book.name, "is empty", "give account_id and address in every row", row=number)
                yield Book(row["account_id"], "address", row["address"], row.get("asset") or None, (), None, None)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecordsError(book.name, f"cannot be read: {error}", "give a CSV in UTF-8") from None


def _write_rows(out: Path, rows: list[dict[str, Any]]) -> None:
    words = pa.list_(pa.string())
    texts = ("list_id", "kind", "change", "entry_kind", "value", "asset", "account_id", "value_jpy", "last_at")
    lists = ("categories_before", "categories_after", "subjects_before", "subjects_after", "transfers")
    fields = [pa.field(n, pa.string()) for n in texts] + [pa.field(n, words) for n in lists]
    fields += [pa.field(n, pa.int64()) for n in ("version_before", "version_after")]
    beside = out.with_name(f".{out.name}.tmp")
    try:
        pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(fields)), beside)
        beside.replace(out)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise RecordsError(str(out), f"cannot be written: {error.strerror}", "name a file in a folder that is there") from None


def _print_rescreened(summary: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    console = Console()
    for one in summary["compared"]:
        console.print(
            f"{one['list_id']}: version {one['version_before']} to {one['version_after']}, {one['changes']} entries differ",
            highlight=False,
        )
    console.print(f"{summary['accounts']} accounts and {summary['transfers']} transfers concerned", highlight=False)
    if not rows:
        return
    grid = Table("account", "change", "list", "address or name", "before", "after", "transfers", "last")
    for row in rows[:_SHOWN_MAX]:
        grid.add_row(
            row["account_id"],
            row["change"],
            f"{row['list_id']} v{row['version_after']}",
            row["value"],
            ", ".join(row["categories_before"]),
            ", ".join(row["categories_after"]),
            str(len(row["transfers"])),
            row["last_at"] or "",
        )
    console.print(grid)
    if len(rows) > _SHOWN_MAX:
        console.print(f"and {len(rows) - _SHOWN_MAX} more; --json or --out shows all")


def _print_version(row: dict[str, Any], as_json: bool, what: str) -> None:
    if as_json:
        _echo(_jsonable(row))
        return
    applies = _stamp(max(row["valid_from"], row["loaded_at"]))
    of = row["entries_of"]
    told_of = f"version {of} as " if of != row["version"] else ""
    line = f"{what} {told_of}{row['list_id']} version {row['version']}: {row['entries']:,} entries, applies from {applies}"
    Console().print(line, highlight=False, soft_wrap=True)


def _hit(hit: Listed) -> dict[str, Any]:
    return {name: value for name, value in hit._asdict().items() if name != "entries_of"}


def _change(change: Change) -> dict[str, Any]:
    sides = {side: entry._asdict() if entry else None for side, entry in (("before", change.before), ("after", change.after))}
    return {"change": change.change, "entry_kind": change.entry_kind, "value": change.value, **sides}


def _words(change: Change) -> str:
    before = ", ".join(change.before.categories) if change.before else ""
    after = ", ".join(change.after.categories) if change.after else ""
    return f"{before} -> {after}" if change.change == "changed" else before or after


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))


def _span(span: Span) -> dict[str, Any]:
    return {"list_id": span.list_id, "kind": span.kind, "version_before": span.before, "version_after": span.after}


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise RecordsError("--kind", f"'{kind}' is not a kind of list", f"choose one of {', '.join(KINDS)}")
    return kind


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    pairs = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise RecordsError(option, f"'{text}' is not NAME=VALUE", "'sekisho lists load --help' says what it is")
        pairs[name] = value
    return pairs


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RecordsError("--at", f"'{text}' is not a moment in UTC", "write it as 2026-06-01T09:00:00Z")
    return moment.astimezone(UTC)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _jsonable(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _stamp(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _echo(told_as: dict[str, Any]) -> None:
    typer.echo(json.dumps(told_as, ensure_ascii=False, indent=2))
