"""``sekisho wind-down``: who gets what when an exchange ends, the package for a successor, and the administrator's dashboard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from typer.core import TyperGroup

from sekisho.records import Records, RecordsError, open_records
from sekisho.rulebook.commands import parse_day
from sekisho.wind_down.dashboard import dashboard_of, grouped, page_of, percent
from sekisho.wind_down.entitling import Written, both_readings, sums, write_entitlements, write_readings
from sekisho.wind_down.estate_books import Asked, Estate, parse_yen, read_estate
from sekisho.wind_down.transfer_package import write_package
from sekisho.wind_down.verify_transfer import check
from sekisho.wind_down.written import json_bytes, sha256_of, whole_folder

DIFFERS = 1


class _RecordsFirst(TyperGroup):
    """``sekisho wind-down RECORDS ...`` is ``sekisho wind-down entitlements RECORDS ...``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the first subcommand in where the caller named none."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["entitlements", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RecordsFirst,
    help="Who gets what when an exchange closes or fails; the package for a successor; the administrator's dashboard.",
    no_args_is_help=True,
)

_Records = Annotated[Path, typer.Argument(help="Records folder.", show_default=False)]
_AsOf = Annotated[str, typer.Option("--as-of", help="Day at whose end claims and balances are taken, a Japan date.")]
_Valued = Annotated[
    list[str] | None, typer.Option("--valuation-date", help="Day whose prices value the coins; repeatable. Default: --as-of.")
]
_Lost = Annotated[Path | None, typer.Option("--lost", help="CSV of coins lost or out of reach: wallet_id, asset, quantity, note.")]
_Realised = Annotated[
    str | None, typer.Option("--realised-jpy", help="Yen the trust's principal fetched. Default: the principal on record.")
]
_Decimals = Annotated[
    list[str] | None, typer.Option("--decimals", help="Smallest unit of an asset, ASSET=PLACES, such as XRP=6; repeatable.")
]
_Dormant = Annotated[
    int | None, typer.Option("--dormant-days", min=1, help="Clients who did nothing for so many days count as not heard of.")
]
_Cutoff = Annotated[str, typer.Option("--cutoff", help="Time of the day at which balances and prices are taken, Japan time.")]
_Source = Annotated[str, typer.Option("--price-source", help="Source of prices in reference_price; any takes the last one.")]
_Age = Annotated[int, typer.Option("--price-age-hours", min=1, help="Oldest price that still values an asset.")]
_Threads = Annotated[int | None, typer.Option("--threads", min=1, help="Threads; default: all cores.")]
_Memory = Annotated[
    str | None, typer.Option("--memory-limit", help="Memory for tables, such as 3GB; beyond it, work spills to disk.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command("entitlements")
def entitlements_command(
    records: _Records,
    as_of: _AsOf,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results; new or empty, written whole or not at all.")] = Path(
        "sekisho-wind-down"
    ),
    valuation_date: _Valued = None,
    lost: _Lost = None,
    realised_jpy: _Realised = None,
    decimals: _Decimals = None,
    dormant_days: _Dormant = None,
    cutoff: _Cutoff = "24:00",
    price_source: _Source = "any",
    price_age_hours: _Age = 24,
    threads: _Threads = None,
    memory_limit: _Memory = None,
    as_json: _Json = False,
) -> None:
    """Work out each client's entitlement in money and in every asset, exact to the yen and the smallest unit.

    Writes entitlements.parquet (client, asset, claim, entitlement, shortfall, returned, outstanding, basis, standing),
    readings.parquet (each client in yen, asset by asset and as one pool), account.json and the dashboard.
    """
    days = tuple(parse_day(day) for day in valuation_date or ())
    asked = _asked(as_of, lost, (realised_jpy, decimals, dormant_days), (cutoff, price_source, price_age_hours))
    asked = replace(asked, valuation_dates=days)
    with _working(as_json) as doing, _opened(records, threads, memory_limit, doing) as books:
        estate = read_estate(books, asked)
        with whole_folder(out) as place:
            written = _write(books, estate, place, doing)
            told = dashboard_of(books, estate, written)
            doing("writing the dashboard")
            place("dashboard.json").write_bytes(json_bytes(told))
            place("dashboard.html").write_text(page_of(told), encoding="utf-8")
            account = {**told["account"], "files": _files(place)}
            place("account.json").write_bytes(json_bytes(account))
    if as_json:
        typer.echo(json.dumps(account, ensure_ascii=False, indent=2))
        return
    _print(account)
    Console().print(f"written: {out}; open {out / 'dashboard.html'}", soft_wrap=True, highlight=False)


@app.command("package")
def package_command(
    records: _Records,
    as_of: _AsOf,
    out: Annotated[Path, typer.Option("--out", help="Folder of the package; new or empty, written whole or not at all.")] = Path(
        "sekisho-transfer"
    ),
    successor: Annotated[str, typer.Option("--successor", help="Who takes the client assets over.")] = "not stated",
    by: Annotated[str, typer.Option("--by", help="Who makes the package.")] = "not stated",
    at: Annotated[
        str | None, typer.Option("--at", help="Time of making (ISO 8601); default: now. Fix it for the same bytes.")
    ] = None,
    lost: _Lost = None,
    realised_jpy: _Realised = None,
    decimals: _Decimals = None,
    dormant_days: _Dormant = None,
    cutoff: _Cutoff = "24:00",
    threads: _Threads = None,
    memory_limit: _Memory = None,
    as_json: _Json = False,
) -> None:
    """Pack every client's entitlement for a successor exchange: one CSV for each asset, sums, hashes and a script that checks them.

    Clients who are not to be found have files of their own; lenders are named apart and get nothing. The seal binds it all.
    """
    asked = _asked(as_of, lost, (realised_jpy, decimals, dormant_days), (cutoff, "any", 24))
    about = {"successor": successor, "packed_by": by, "packed_at": at or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    with _working(as_json) as doing, _opened(records, threads, memory_limit, doing) as books:
        estate = read_estate(books, asked)
        doing("packing")
        manifest = write_package(books, estate, out, about)
    if as_json:
        typer.echo(json.dumps({"package": str(out), **manifest}, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{out}: {manifest['clients']:,} clients, {len(manifest['assets'])} assets, {len(manifest['files'])} files")
    typer.echo(f"seal {manifest['seal']}; announce it apart from the package")


@app.command("verify")
def verify_command(
    package: Annotated[Path, typer.Argument(help="Folder of a transfer package.", show_default=False)],
    seal: Annotated[str | None, typer.Option("--seal", help="The seal as it was announced.")] = None,
    as_json: _Json = False,
) -> None:
    """Verify a transfer package: hashes, entitlements recomputed, sums against what is there. Exit status 1 when it differs."""
    if not package.is_dir():
        raise RecordsError(str(package), "is not a folder", "give the folder of a transfer package")
    differing, manifest = check(package, seal)
    rows = sum(entry.get("rows", 0) for entry in manifest.get("files", ()))
    if as_json:
        told = {"package": str(package), "files": len(manifest.get("files", ())), "claims": rows, "differs": differing}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for line in differing:
            typer.echo(f"DIFFERS  {line}")
        if not differing:
            typer.echo(
                f"OK  {len(manifest['files'])} files, {rows:,} claims recomputed; seal {sha256_of(package / 'manifest.json')}"
            )
    if differing:
        raise typer.Exit(DIFFERS)


@app.command("dashboard")
def dashboard_command(
    records: _Records,
    as_of: _AsOf,
    out: Annotated[Path, typer.Option("--out", help="Folder for the page and its data; new or empty.")] = Path("sekisho-dashboard"),
    language: Annotated[str, typer.Option("--language", help="Language the page opens in: en or ja; it holds both.")] = "en",
    valuation_date: _Valued = None,
    lost: _Lost = None,
    realised_jpy: _Realised = None,
    decimals: _Decimals = None,
    dormant_days: _Dormant = None,
    cutoff: _Cutoff = "24:00",
    price_source: _Source = "any",
    price_age_hours: _Age = 24,
    threads: _Threads = None,
    memory_limit: _Memory = None,
    as_json: _Json = False,
) -> None:
    """Show what is where, who can sign and what is missing: an offline page in English and Japanese, and its JSON."""
    if language not in ("en", "ja"):
        raise RecordsError("--language", f"'{language}' is not known", "choose en or ja")
    days = tuple(parse_day(day) for day in valuation_date or ())
    asked = _asked(as_of, lost, (realised_jpy, decimals, dormant_days), (cutoff, price_source, price_age_hours))
    asked = replace(asked, valuation_dates=days)
    with _working(as_json) as doing, _opened(records, threads, memory_limit, doing) as books:
        estate = read_estate(books, asked)
        with whole_folder(out) as place:
            written = _write(books, estate, place, doing)
            for name in ("entitlements.parquet", "readings.parquet"):
                place(name).unlink(missing_ok=True)
            told = dashboard_of(books, estate, written)
            place("dashboard.json").write_bytes(json_bytes(told))
            place("dashboard.html").write_text(page_of(told, language), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{len(told['missing'])} things are missing; page: {out / 'dashboard.html'}")


def _asked(
    as_of: str,
    lost: Path | None,
    chosen: tuple[str | None, list[str] | None, int | None],
    prices: tuple[str, str, int],
) -> Asked:
    realised, decimals, dormant = chosen
    cutoff, source, age = prices
    return Asked(
        as_of=parse_day(as_of),
        lost=lost,
        realised_jpy=parse_yen(realised, "--realised-jpy"),
        decimals=tuple(decimals or ()),
        cutoff=cutoff,
        price_source=source,
        price_age_hours=age,
        dormant_days=dormant,
    )


def _write(books: Records, estate: Estate, place: Any, doing: Any) -> Written:
    """The two files of figures, and their sums; no readings where an asset has no price."""
    entitlements = place("entitlements.parquet")
    doing("working out entitlements")
    write_entitlements(books, estate, entitlements)
    readings = None
    if both_readings(estate).ratio is not None:
        doing("working out the other reading")
        readings = place("readings.parquet")
        write_readings(books, estate, entitlements, readings)
    doing("adding up")
    return sums(books, estate, entitlements, readings)


def _files(place: Any) -> dict[str, str]:
    folder = place("account.json").parent
    return {file.name: sha256_of(file) for file in sorted(folder.iterdir()) if file.is_file()}


@contextmanager
def _opened(folder: Path, threads: int | None, memory_limit: str | None, doing: Any) -> Iterator[Records]:
    doing("reading the records")
    with open_records(folder, threads=threads, memory_limit=memory_limit) as books:
        yield books


@contextmanager
def _working(quiet: bool) -> Iterator[Any]:
    """Say what is being done, where a person is watching."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _what: None
        return
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
    ) as progress:
        task = progress.add_task("", total=None)
        yield lambda what: progress.update(task, description=what)


def _print(account: dict[str, Any]) -> None:
    console = Console()
    table = Table(title=f"Client assets at the end of {account['as_of']}, {account['clients']:,} clients", title_justify="left")
    table.add_column("asset", no_wrap=True, min_width=5)
    for heading in ("owed", "there", "entitlements", "missing", "covered"):
        table.add_column(heading, justify="right", overflow="fold")
    for one in account["assets"]:
        figures = (grouped(one[name]) for name in ("owed", "there", "entitlements", "shortfall"))
        table.add_row(one["asset"], *figures, percent(one["ratio"]))
    console.print(table)
    readings = account["readings"]
    if readings["pooled_jpy"] is not None:
        console.print(
            f"coins, valued on {readings['valued_on']}: asset by asset JPY {grouped(readings['asset_by_asset_jpy'])}; "
            f"as one pool JPY {grouped(readings['pooled_jpy'])} (the law read does not say which)",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
    else:
        console.print(f"no yen figures: no price for {', '.join(readings['not_valued'])}", style="yellow", soft_wrap=True)
    if account["lenders"]:
        console.print(
            f"{len(account['lenders'])} loans of coins to the firm stand outside the right", highlight=False, soft_wrap=True
        )
    unclaimed = sum(one["clients"] for one in account["unclaimed"])
    if unclaimed:
        console.print(f"{unclaimed:,} claims of clients who are not to be found or have closed their account", soft_wrap=True)
