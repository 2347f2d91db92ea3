"""``sekisho office attestations``: take up the rulebook's items, tell how they stand, export them as records, list reminders."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from sekisho.console.start import opened
from sekisho.records import RecordsError

Config = Annotated[Path, typer.Option("--config", envvar="SEKISHO_CONSOLE", help="The console's settings (TOML).")]


def attestations_command(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print how each item stands as JSON, for 'rules coverage --attested'.")
    ] = False,
    take_up: Annotated[bool, typer.Option("--take-up", help="First bring the items in line with the rulebook.")] = False,
    reminders: Annotated[
        bool, typer.Option("--reminders", help="Print who is reminded of what instead, one a line as JSON.")
    ] = False,
    records: Annotated[
        Path | None, typer.Option("--records", help="Write reviewed attestations as assessment.csv into this records folder.")
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Day to tell of, a Japan date. Default: today.")] = None,
    config: Config = Path("office.toml"),
) -> None:
    """How every item stands: missing, in review, in force, expiring, expired or not met."""
    opened(config)
    from django.utils import timezone

    from sekisho.console.attestations import taking
    from sekisho.console.attestations.export import standing_of_all
    from sekisho.console.attestations.reminders import reminders as the_reminders
    from sekisho.console.journal.acting import SYSTEM

    now = timezone.now()
    on = _day(as_of) or timezone.localdate(now)
    if take_up:
        taking.take_up(SYSTEM, now, timezone.localdate(now))
    if records is not None:
        _write_records(records)
        return
    if reminders:
        for each in the_reminders(on):
            typer.echo(json.dumps(asdict(each), ensure_ascii=False, default=str))
        return
    told = standing_of_all(on)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    _print(told)


def _write_records(folder: Path) -> None:
    from sekisho.console.attestations.export import assessments_csv

    if not folder.is_dir():
        raise RecordsError(str(folder), "is no folder", "give a records folder")
    for ending in ("parquet", "csv"):
        there = folder / f"assessment.{ending}"
        if there.exists():
            raise RecordsError(str(there), "is there already", "move it away, or give another folder: nothing is overwritten")
    file = folder / "assessment.csv"
    file.write_text(assessments_csv(), encoding="utf-8")
    typer.echo(f"written: {file}")


def _print(told: dict[str, Any]) -> None:
    for each in told["items"]:
        until = f" until {each['in_force_until']}" if each["in_force_until"] else ""
        typer.echo(f"{each['state']:<10} {each['item']}{until}  {each['owner'] or 'no owner'}")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RecordsError(f"--as-of {text}", "is no day", "write it as 2026-11-29") from None
