"""What the commands of the gate have in common: where the journal is, who acts, and how a decision is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from sekisho.gate.journal import Journal
from sekisho.gate.journals import open_journal
from sekisho.gate.messages import Applied, Decision, GateError, Said

JOURNAL_FILE = "sekisho-gate.sqlite"

JournalOption = Annotated[
    str,
    typer.Option(
        "--journal",
        envvar="SEKISHO_JOURNAL",
        help="The gate's journal: an SQLite file, or postgresql://USER@HOST/DATABASE[#SCHEMA].",
    ),
]
SnapshotsOption = Annotated[
    Path | None, typer.Option("--snapshots", help="Folder of the journal's snapshots; default: beside a journal that is a file.")
]
ListsOption = Annotated[
    Path | None, typer.Option("--lists", envvar="SEKISHO_LISTS", help="Folder of lists ('sekisho lists') the gate screens against.")
]
By = Annotated[str, typer.Option("--by", help="Who does it; kept in the journal.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Language = Annotated[str, typer.Option("--lang", help="Language of what people read: en or ja.")]


def existing(where: str) -> Journal:
    """The journal at an address; a file that is not there is an error, not a new journal."""
    if not where.startswith(("postgresql://", "postgres://")) and not Path(where).is_file():
        raise GateError(f"{where}: no such journal; give --journal, or make one with 'sekisho gate rules draft'")
    return open_journal(where)


def print_json(told: Any) -> None:
    """A result as JSON on standard output."""
    typer.echo(json.dumps(msgspec.to_builtins(told), ensure_ascii=False, indent=2))


def speaking(lang: str) -> str:
    """``en`` or ``ja``; raises GateError for any other language."""
    if lang not in ("en", "ja"):
        raise GateError(f"--lang {lang}: choose en or ja")
    return lang


def in_language(said: Said | None, lang: str) -> str:
    """One of the two texts."""
    return "" if said is None else said.ja if lang == "ja" else said.en


def print_decision(console: Console, decision: Decision, lang: str, *, full: bool = False) -> None:
    """A decision as a person reads it: outcome, reasons, what would release it, and what the client may be told."""
    words = WORDS[lang]
    console.print(
        f"[bold]{decision.decision_id}[/] {decision.kind} {decision.request_id}: "
        f"[{COLOURS[decision.outcome]} bold]{words[decision.outcome]}[/]  "
        f"{decision.decided_at:%Y-%m-%d %H:%M:%S} UTC, {decision.regime}, {words['as_of']} {decision.as_of}",
        highlight=False,
    )
    shown = [one for one in decision.applied if full or one.sentence is not None or one.undetermined]
    if shown:
        table = Table(show_header=True, expand=False)
        for heading in ("rule", "outcome", "reason"):
            table.add_column(words[heading], overflow="fold")
        for one in shown:
            table.add_row(one.rule, f"[{COLOURS[one.outcome]}]{words[one.outcome]}[/]", _reason(one, lang))
        console.print(table)
    for release in decision.releases:
        console.print(f"→ {in_language(release.text, lang)} ({', '.join(release.rules)})", highlight=False)
    console.print(f"{words['client']}: {in_language(decision.client_text, lang)}", highlight=False)


def _reason(one: Applied, lang: str) -> str:
    if one.text is not None:
        return in_language(one.text, lang)
    if one.undetermined:
        return f"{WORDS[lang]['undetermined']}: {', '.join(one.undetermined)}"
    return in_language(one.title, lang)


COLOURS = {"allow": "green", "warn": "yellow", "hold": "dark_orange", "refuse": "red"}
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "allow": "allow",
        "warn": "warn",
        "hold": "hold",
        "refuse": "refuse",
        "as_of": "law of",
        "rule": "Rule",
        "outcome": "Outcome",
        "reason": "Reason",
        "client": "To the client",
        "undetermined": "no value for",
        "value": "Value",
        "source": "Source",
        "parameter": "Parameter",
        "assumed": "assumed",
        "provision": "Provision",
        "request": "Request",
        "rule_set": "Rule set",
        "lists": "Lists",
        "facts": "Facts",
        "none": "none",
        "same": "Decided again from the journal: the same bytes.",
        "other": "Decided again from the journal: OTHER BYTES. Differing: {what}.",
        "not": "Could not be decided again: {why}",
        "entry": "Journal entry",
        "law_set": "set by the law",
        "firm_set": "set by the firm",
        "event": "After",
        "shadow": "The rule set in shadow would have said",
    },
    "ja": {
        "allow": "可",
        "warn": "警告",
        "hold": "留保",
        "refuse": "拒絶",
        "as_of": "適用法令の基準日",
        "rule": "規則",
        "outcome": "結果",
        "reason": "理由",
        "client": "顧客への表示",
        "undetermined": "値が未定",
        "value": "値",
        "source": "出典",
        "parameter": "パラメータ",
        "assumed": "仮定",
        "provision": "根拠規定",
        "request": "依頼",
        "rule_set": "規則セット",
        "lists": "リスト",
        "facts": "事実",
        "none": "なし",
        "same": "記録から再判定した結果は、同一のバイト列である。",
        "other": "記録から再判定した結果は、バイト列が異なる。相違：{what}。",
        "not": "再判定できない：{why}",
        "entry": "記録の番号",
        "law_set": "法令による",
        "firm_set": "事業者による",
        "event": "契機",
        "shadow": "並行試行中の規則セットの結果",
    },
}
