"""``sekisho explain``: replays a decision of the gate to the same bytes, and shows its whole working."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from sekisho.gate.explain import Explained, explain
from sekisho.gate.messages import Applied
from sekisho.gate.options import (
    JOURNAL_FILE,
    WORDS,
    AsJson,
    JournalOption,
    Language,
    ListsOption,
    SnapshotsOption,
    existing,
    in_language,
    print_decision,
    print_json,
    speaking,
)
from sekisho.gate.snapshot import snapshots_beside
from sekisho.rulebook import load_rulebook

DIFFERENT = 1


def explain_command(
    decision: Annotated[str, typer.Argument(help="Id of the decision, such as D1042.", show_default=False)],
    journal: JournalOption = JOURNAL_FILE,
    snapshots: SnapshotsOption = None,
    lists: ListsOption = None,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Explain a decision of the gate: decide it again from the journal, and show every rule, value, provision and fact.

    The journal is replayed up to the decision: clients, orders, lists and rule set are as they were at that moment. Exit status 0
    when deciding again gives the same bytes, 1 when it does not or the rules installed are no longer those of the decision.
    """
    speaking(lang)
    kept = existing(journal)
    try:
        explained = explain(kept, decision, load_rulebook(), snapshots or snapshots_beside(journal), lists)
    finally:
        kept.close()
    if as_json:
        print_json(explained.as_json)
    else:
        _print(Console(), explained, lang)
    if not explained.same:
        raise typer.Exit(DIFFERENT)


def _print(console: Console, explained: Explained, lang: str) -> None:
    words, decision = WORDS[lang], explained.decision
    print_decision(console, decision, lang)
    console.print(f"\n[bold]{words['request']}[/]", highlight=False)
    for name, value in msgspec.to_builtins(explained.decided.request).items():
        if value is not None:
            console.print(f"  {name}: {value}", highlight=False, soft_wrap=True)
    event = explained.decided.event
    if event is not None:
        console.print(f"{words['event']}: {event.kind} ({event.party_id}) {event.text or ''}", highlight=False)
    for one in decision.applied:
        _print_rule(console, one, lang)
    console.print(f"\n{words['rule_set']}: {decision.rule_set}", highlight=False, soft_wrap=True)
    lists = ", ".join(f"{name} {version}" for name, version in decision.lists.items()) or words["none"]
    console.print(f"{words['lists']}: {lists}", highlight=False)
    console.print(f"{words['entry']}: {explained.entry.number} ({explained.entry.check.hex()})", highlight=False, soft_wrap=True)
    shadow = explained.decided.shadow
    if shadow is not None:
        console.print(f"{words['shadow']}: {words[shadow.outcome]} ({', '.join(shadow.rules)})", highlight=False)
    verdict = words["same" if explained.same else "other" if explained.same is False else "not"]
    colour = "green" if explained.same else "red"
    told = verdict.format(what=", ".join(explained.differing), why=explained.why)
    console.print(f"[bold {colour}]{told}[/]", highlight=False, soft_wrap=True)


def _print_rule(console: Console, one: Applied, lang: str) -> None:
    words = WORDS[lang]
    console.print(
        f"\n[bold]{one.rule}[/] {in_language(one.title, lang)} ({one.status}): {words[one.outcome]}",
        highlight=False,
        soft_wrap=True,
    )
    if one.text is not None:
        console.print(f"  {in_language(one.text, lang)}", highlight=False, soft_wrap=True)
    for name, fact in one.facts.items():
        console.print(f"    {name} = {fact}", highlight=False, soft_wrap=True)
    for cited in one.provisions:
        quote = f"「{cited.quote}」" if cited.quote else ""
        console.print(f"  {words['provision']}: {cited.document} {cited.provision or ''} {quote}", highlight=False, soft_wrap=True)
    if one.parameters:
        table = Table(show_header=True, box=None, pad_edge=True)
        for heading in ("parameter", "value", "source"):
            table.add_column(words[heading], overflow="fold")
        for name, used in one.parameters.items():
            table.add_row(f"{name} ({used.unit})", _value(used.value, words), _source(used, words))
        console.print(table)


def _value(value: Any, words: dict[str, str]) -> str:
    return words["undetermined"] if value is None else ", ".join(value) if isinstance(value, list) else str(value)


def _source(used: Any, words: dict[str, str]) -> str:
    if used.assumed:
        return words["assumed"]
    return f"{used.source or ''} – {words['law_set' if used.set_by == 'law' else 'firm_set']}"
