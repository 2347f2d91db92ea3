"""``sekisho calibrate``: how a rule fires on books, and what another parameter value would add and remove."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from sekisho.findings.calibration import BINS, Asked, Calibration, Firing, calibrate, per_ten_thousand, to_json
from sekisho.findings.finding import Finding, exact_text
from sekisho.findings.inspection import Inspector
from sekisho.findings.labels import Judgement, interval, read_labels
from sekisho.records import open_records
from sekisho.rulebook import RulebookError, load_rulebook
from sekisho.rulebook.commands import parse_day

ANSWER_KEY: Final = "answer_key.parquet"
_SHOWN: Final = 10


def calibrate_command(
    rule: Annotated[str, typer.Argument(help="The rule, such as unfair_trading/layering.", show_default=False)],
    records: Annotated[Path, typer.Argument(help="Records folder.", show_default=False)],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="Answer key, or CSV with table,id[,scheme,label]. Default: answer_key.parquet among the records, where it is.",
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="PARAMETER=VALUE of the candidate; several make one candidate together."),
    ] = None,
    sweep: Annotated[list[str] | None, typer.Option("--sweep", help="PARAMETER=V1,V2,…: one candidate for each value.")] = None,
    regime: Annotated[str | None, typer.Option("--regime", help="Regime; default: the one in force on the day judged.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Day judged, a Japan date.")] = None,
    assume: Annotated[
        list[str] | None, typer.Option("--assume", help="RULE.PARAMETER=VALUE, in the reference and in every candidate.")
    ] = None,
    show: Annotated[int, typer.Option("--show", help="Findings listed under each heading.", min=0)] = _SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show how a rule fires on these books, and what another parameter value would add and remove.

    The reference is the rule as it stands. Each candidate changes one or more parameters; what it newly finds and no longer finds
    is listed case by case. With labels, precision and recall come with their 95 % intervals.
    """
    path = load_rulebook()[rule].path
    known = labels or (records / ANSWER_KEY if (records / ANSWER_KEY).is_file() else None)
    asked = Asked(
        rule=path,
        regime=regime,
        as_of=parse_day(as_of) if as_of else None,
        assume=tuple(assume or ()),
        candidates=tuple(_candidates(setting or (), sweep or ())),
    )
    told = read_labels(known) if known else None
    with open_records(records) as books:
        calibration = calibrate(Inspector(load_rulebook(), books), asked, told)
    if as_json:
        typer.echo(json.dumps(to_json(calibration), ensure_ascii=False, indent=2))
    else:
        _print(calibration, show)


def _candidates(setting: Iterable[str], sweep: Iterable[str]) -> Iterable[Mapping[str, str]]:
    together = dict(_named(text, "--set") for text in setting)
    if together:
        yield together
    for text in sweep:
        name, values = _named(text, "--sweep")
        yield from ({name: value.strip()} for value in values.split(",") if value.strip())


def _named(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise RulebookError(f"{option} {text}: write it as PARAMETER=VALUE, such as score_min=0.8")
    return name.strip(), value.strip()


def _print(calibration: Calibration, show: int) -> None:
    console = Console()
    first, last = calibration.period
    title = f"{calibration.rule} under {calibration.regime}, {first} to {last}"
    settings = ["reference", *(_told(change.setting) for change in calibration.changes)]
    firings = [calibration.reference, *(change.candidate for change in calibration.changes)]
    table = Table(title=title, title_justify="left")
    for heading in ("setting", "findings", "per 10,000 orders", "severity", "scores 0–1", "new", "gone"):
        table.add_column(heading)
    moved = [("", ""), *((str(len(c.newly_fired)), str(len(c.no_longer_fired))) for c in calibration.changes)]
    for setting, firing, new in zip(settings, firings, moved, strict=True):
        table.add_row(setting, *_cells(calibration, firing), *new)
    console.print(table)
    if calibration.reference.judged is not None:
        console.print(_quality_table(settings, firings))
        for label in calibration.reference.judged.missed[:show]:
            severity = "" if label.severity is None else f" of severity {label.severity}"
            console.print(f"  missed {label.name} {label.pattern}{severity}", highlight=False)
    for change in calibration.changes:
        _list(console, f"newly fired under {_told(change.setting)}", change.newly_fired, show)
        _list(console, f"no longer fired under {_told(change.setting)}", change.no_longer_fired, show)


def _told(setting: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={exact_text(value)}" for name, value in setting.items())


def _quality_table(settings: Sequence[str], firings: Sequence[Firing]) -> Table:
    table = Table(title="Against the labels", title_justify="left")
    for heading in ("setting", "precision (95 %)", "recall (95 %)", "F1", "look-alikes flagged"):
        table.add_column(heading)
    for setting, firing in zip(settings, firings, strict=True):
        table.add_row(setting, *_quality(firing.judged))
    return table


def _cells(calibration: Calibration, firing: Firing) -> tuple[str, ...]:
    rate = per_ten_thousand(calibration, firing)
    severities = ", ".join(f"{count} {name}" for name, count in sorted(firing.severities.items()))
    return str(len(firing.findings)), "" if rate is None else f"{rate:f}", severities, _bars(firing.histogram)


def _bars(histogram: list[int]) -> str:
    """Counts as a row of bars of eight heights; an empty step is a dot."""
    top = max(histogram, default=0)
    return "".join("▁▂▃▄▅▆▇█"[max(0, -(-count * 8 // top) - 1)] if count else "·" for count in histogram) if top else "·" * BINS


def _quality(judged: Judgement | None) -> tuple[str, ...]:
    if judged is None:
        return ()
    f1 = "–" if judged.f1 is None else f"{judged.f1:.3f}"
    shares = (judged.precision, judged.right, judged.findings), (judged.recall, judged.found, judged.cases)
    return (*(_share(*share) for share in shares), f1, f"{judged.flagged} of {judged.innocent}")


def _share(share: float | None, hits: int, of: int) -> str:
    bounds = interval(hits, of)
    return "–" if share is None or bounds is None else f"{share:.3f} ({bounds[0]:.2f}–{bounds[1]:.2f})"


def _list(console: Console, heading: str, findings: tuple[Finding, ...], show: int) -> None:
    if not findings or not show:
        return
    console.print(f"{heading}:", highlight=False)
    for finding in findings[:show]:
        console.print(
            f"  {finding.finding_id} {finding.severity} {finding.score:.2f} {finding.summary_en}", highlight=False, soft_wrap=True
        )
    if len(findings) > show:
        console.print(f"  … and {len(findings) - show} more; --show N or --json lists them", highlight=False)
