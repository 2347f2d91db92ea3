"""``sekisho outflow``: from raw movements to the draft of an incident report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sekisho.custody.incident import Draft, Terms, draft_of, jst, overlaps
from sekisho.custody.incident_page import page, picture, report
from sekisho.engine.run import japan_period
from sekisho.records import Records, RecordsError, open_records
from sekisho.rulebook import Parameters, Rulebook, RulebookError, load_rulebook
from sekisho.rulebook.commands import parse_day
from sekisho.rulebook.parameters import parse_assumption
from sekisho.typologies.outflow_investigation import investigate, settings_of
from sekisho.typologies.valuation import starts_at

RULE, CURE_RULE = "client_assets/unauthorised_outflow", "client_assets/reconciliation"
LANGUAGES = ("both", "ja", "en")


def outflow_command(
    records: Annotated[
        Path, typer.Argument(help="Records folder: wallet, chain_movement, transfer; more tables tell more.", show_default=False)
    ],
    regime: Annotated[str | None, typer.Option("--regime", help="Regime; default: the one in force on the day judged.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day judged, a Japan date. Default: the last day of the records.")
    ] = None,
    from_day: Annotated[str | None, typer.Option("--from", help="Only events from this Japan date on.")] = None,
    until_day: Annotated[str | None, typer.Option("--until", help="Only events before the end of this Japan date.")] = None,
    recognised_at: Annotated[
        str | None,
        typer.Option("--recognised-at", help="When the firm became aware, such as 2024-05-31T13:30+09:00; terms count from it."),
    ] = None,
    assume: Annotated[list[str] | None, typer.Option("--assume", help="RULE.PARAMETER=VALUE; the answer is built on it.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="ja, en or both.")] = "both",
    out: Annotated[Path, typer.Option("--out", help="Folder for the draft.")] = Path("sekisho-outflow"),
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Threads; default: all cores.")] = None,
    memory_limit: Annotated[
        str | None, typer.Option("--memory-limit", help="Memory for tables, such as 3GB; beyond it, work spills to disk.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Tell an outflow from raw movements: amount, signing route, trail, clients affected, and the draft of the incident report.

    Every movement out of custody is held against what was asked for and approved. Writes incident.ja.html and incident.en.html
    (the draft, with evidence for each sentence and open items marked), trail-N.LANG.svg and incident.json. Exit status 0 when it
    ran, whatever it found; 2 when the input is unusable.
    """
    if lang not in LANGUAGES:
        raise RulebookError(f"--lang {lang}: choose one of {', '.join(LANGUAGES)}")
    rulebook = load_rulebook()
    aware = _moment(recognised_at)
    starts = starts_at(parse_day(from_day)) if from_day else None
    until = starts_at(parse_day(until_day) + timedelta(days=1)) if until_day else None
    with (
        Console(stderr=True).status("holding movements against approvals"),
        open_records(records, threads=threads, memory_limit=memory_limit) as books,
    ):
        parameters, cure, day = _judged_under(rulebook, books, records, regime, as_of, assume or [])
        terms = Terms(
            regime=parameters.regime,
            status_report_months=parameters.status_report_months,
            cure_business_days=cure,
            recognised_at=aware,
        )
        investigation = investigate(books, settings_of(parameters))
    chosen = [told for told in investigation.told if overlaps(told, starts, until)]
    drafts = [draft_of(number, told, investigation, terms) for number, told in enumerate(chosen, start=1)]
    content = report(drafts, investigation, terms, day)
    files: dict[str, str] = {"incident.json": json.dumps(content, ensure_ascii=False, indent=1) + "\n"}
    for language in ("ja", "en") if lang == "both" else (lang,):
        files[f"incident.{language}.html"] = page(drafts, investigation, terms, day, language)
        for draft in drafts:
            files[f"trail-{draft.number}.{language}.svg"] = picture(draft, language)
    _write(out, files)
    if as_json:
        typer.echo(files["incident.json"], nl=False)
    else:
        _print(drafts, content, out)


def _judged_under(
    rulebook: Rulebook, books: Records, folder: Path, regime: str | None, as_of: str | None, assume: list[str]
) -> tuple[Parameters, int | None, Any]:
    rule = rulebook.rules[RULE]
    for table in rule.needs:
        if table not in books.present:
            raise RecordsError(f"{folder}/{table}", "is not there", f"'sekisho records describe {table}' lists its columns")
    period = japan_period(books)
    if period is None:
        raise RecordsError(str(folder), "holds no times", "give movements and transfers of a period")
    day = parse_day(as_of) if as_of else period[1]
    name, law_day = rulebook.regime_on(regime, day)
    if rule.holding(name, law_day) is None:
        raise RulebookError(f"{RULE} does not hold under {name}; give another --regime")
    assumed: dict[str, Any] = {}
    for text in assume:
        path, parameter, value = parse_assumption(text)
        if path != RULE or parameter not in rule.parameters:
            raise RulebookError(
                f"--assume {text}: write it as {RULE}.PARAMETER=VALUE; 'sekisho rules show {RULE}' lists its parameters"
            )
        assumed[parameter] = value
    cure = rulebook.rules[CURE_RULE].parameters_in(name, law_day, day, {}).in_force["cure_business_days"].value
    return rule.parameters_in(name, law_day, day, assumed), cure if isinstance(cure, int) else None, day


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RulebookError(f"--recognised-at {text}: write date, time and zone, such as 2024-05-31T13:30+09:00")
    return moment.astimezone(UTC)


def _write(out: Path, files: Mapping[str, str]) -> None:
    """Write beside and rename, so that no half-written draft is ever read; drafts of events that are no longer there go."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        draft = out / f".{name}.partial"
        draft.write_text(text, encoding="utf-8")
        draft.replace(out / name)
    for old in [*out.glob("trail-*.svg"), *out.glob("incident.??.html")]:
        if old.name not in files:
            old.unlink()


def _print(drafts: list[Draft], content: Mapping[str, Any], out: Path) -> None:
    console = Console()
    table = Table(title=f"Judged under {content['regime']} as of {content['as_of']}", title_justify="left")
    for heading in ("event", "moved (Japan)", "left", "JPY", "kinds", "clients short", "hops"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("moved (Japan)", "JPY"))
    for draft, event in zip(drafts, content["events"], strict=True):
        left = ", ".join(f"{quantity} {asset}" for asset, quantity in event["quantities"].items())
        short = sum(each["not_wholly_covered"] for each in event["clients"])
        worth = "–" if event["amount_jpy"] is None else f"{round(float(event['amount_jpy'])):,}"
        first = jst(draft.told.event.first_at).replace(" ", "\n")
        table.add_row(str(draft.number), first, left, worth, ", ".join(event["kinds"]), f"{short:,}", str(draft.told.trail.hops))
    console.print(table)
    agreed, whole = content["payments_agreed_at_once"], content["payments_out"]
    console.print(f"{whole:,} payments out of custody, {agreed:,} agree at once; {len(drafts)} outflow events", highlight=False)
    for gap in content["gaps"]:
        console.print(f"  gap in the logs: {gap['kind']}: {gap['number']:,}", style="yellow", highlight=False)
    console.print(
        f"draft: {out / 'incident.ja.html'}, {out / 'incident.en.html'}, {out / 'incident.json'}", soft_wrap=True, highlight=False
    )
