"""``sekisho rules``: read the rulebook, see what changes between regimes, what is covered, and whether citations hold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sekisho.rulebook.citations import check_citations
from sekisho.rulebook.coverage import STATES, Covered, Vouched, coverage, read_vouched, vouched_json
from sekisho.rulebook.difference import RuleDifference, difference
from sekisho.rulebook.loader import load_rulebook
from sekisho.rulebook.parameters import Value
from sekisho.rulebook.rule import Rule
from sekisho.rulebook.statutes import Statutes
from sekisho.rulebook.strict_yaml import RulebookError

app = typer.Typer(help="Read the rulebook: rules, differences between regimes, coverage, citations.", no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_AsOf = Annotated[str | None, typer.Option("--as-of", help="Day judged, a Japan date (2026-11-23). Default: today.")]


@app.command("list")
def list_rules(
    regime: Annotated[str | None, typer.Option(help="Only rules that hold under this regime.")] = None,
    as_of: _AsOf = None,
    as_json: _Json = False,
) -> None:
    """List the rules: what each asks, whom it binds, under which regimes it holds."""
    rulebook = load_rulebook()
    rules = list(rulebook.rules.values())
    if regime or as_of:
        chosen, day = rulebook.regime_on(regime, _day(as_of))
        rules = [r for r in rules if r.holding(chosen, day)]
    if as_json:
        _print_json([_summary(r) for r in rules])
        return
    table = Table("rule", "title", "表題", "asks", "holds under")
    for rule in rules:
        holds = ", ".join(dict.fromkeys(r for h in rule.holdings for r in h.regimes))
        table.add_row(rule.path, rule.title.en, rule.title.ja, ", ".join(rule.questions), holds)
    Console().print(table)


@app.command()
def show(
    rule: Annotated[str, typer.Argument(help="The rule's path, such as client_assets/cold_storage.")],
    regime: Annotated[str | None, typer.Option(help="Regime; default: the one in force on --as-of.")] = None,
    as_of: _AsOf = None,
    as_json: _Json = False,
) -> None:
    """Show a rule under a regime: its sentence, provisions with the Japanese text, values in force, consequences."""
    rulebook = load_rulebook()
    one = rulebook[rule]
    judged = _day(as_of)
    chosen, day = rulebook.regime_on(regime, judged)
    told = _shown(one, chosen, day, judged)
    if as_json:
        _print_json(told)
        return
    _print_rule(one, told)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="Regime before, such as PSA-2026.")],
    after: Annotated[str, typer.Argument(help="Regime after, such as FIEA-ACT64.")],
    as_of: _AsOf = None,
    as_json: _Json = False,
) -> None:
    """Show which rules come, go or change between two regimes, value by value."""
    rulebook = load_rulebook()
    changes = difference(rulebook, before, after, _day(as_of))
    if as_json:
        _print_json([_difference_json(c) for c in changes])
        return
    _print_differences(changes, before, after)


@app.command("coverage")
def show_coverage(
    as_json: _Json = False,
    attested: Annotated[
        Path | None,
        typer.Option(
            "--attested", help="What 'sekisho office attestations --json' wrote: shows which rules are vouched for, until when."
        ),
    ] = None,
) -> None:
    """Show, section by section, what of the framework has a running rule, a rule without control, or none."""
    covered = coverage(load_rulebook())
    vouched = {} if attested is None else read_vouched(attested, _day(None))
    if as_json:
        _print_json(
            [
                {
                    "id": c.asked.id,
                    "anchor": c.asked.anchor,
                    "section": c.asked.section,
                    "kind": c.asked.kind,
                    "state": c.state,
                    "rules": c.rules,
                    **({} if attested is None else {"vouched": vouched_json(vouched, c.rules)}),
                }
                for c in covered
            ]
        )
        return
    _print_coverage(covered)
    if attested is not None:
        _print_vouched(vouched)


@app.command()
def cite(
    law: Annotated[Path, typer.Option("--law", help="Folder of law texts (psa.txt, fiea.txt, …).")],
    as_json: _Json = False,
) -> None:
    """Resolve every provision and quotation of every rule against the law texts; exit status 1 when one does not resolve."""
    rulebook = load_rulebook()
    results = check_citations(rulebook.rules.values(), Statutes.open(law))
    checked = [r for r in results if r.resolved is not None]
    failed = [r for r in checked if not r.ok]
    if as_json:
        _print_json(
            {
                "resolved": len(checked) - len(failed),
                "cited": len(checked),
                "failed": [{"rule": r.rule, "citation": r.citation, "why": r.why} for r in failed],
            }
        )
    else:
        console = Console()
        for result in failed:
            console.print(f"[red]{result.rule}[/]: {result.citation}: {result.why}", soft_wrap=True)
        console.print(f"{len(checked) - len(failed)} / {len(checked)} citations resolved")
    raise typer.Exit(1 if failed else 0)


def _print_coverage(covered: tuple[Covered, ...]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    sections = {c.asked.section.code: c.asked.section for c in covered}
    for code, section in sections.items():
        inside = [c for c in covered if c.asked.section.code == code]
        by_state = {state: [c for c in inside if c.state == state] for state in STATES}
        console.print(f"[bold]{code}  {section.title.en}  {section.title.ja}[/]  {len(by_state['running'])} of {len(inside)}")
        for state, words in _COVERAGE_WORDS.items():
            if by_state[state]:
                console.print(f"  {words}: {', '.join(_covered_name(c) for c in by_state[state])}")
    totals = Counter(c.state for c in covered)
    console.print(
        f"[bold]{totals['running']} of {len(covered)}[/] things the framework asks for have a running rule; "
        f"{totals['written']} have a rule without a control; {totals['none']} have none."
    )


def _print_vouched(vouched: Mapping[str, Vouched]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print("[bold]Vouched for by people[/]")
    for each in vouched.values():
        until = "" if each.until is None else f", until {each.until}"
        console.print(f"  {each.rule}: {each.stands} of {each.asked} items stand{until}")


_COVERAGE_WORDS = {"running": "running rule", "written": "rule without control", "none": "no rule"}


def _covered_name(covered: Covered) -> str:
    return f"{covered.asked.id} ({', '.join(covered.rules)})" if covered.rules else covered.asked.id


def _day(as_of: str | None) -> date:
    """The day judged: the one given, or today in Japan (commands are the only place that reads the clock)."""
    return parse_day(as_of) if as_of else datetime.now(timezone(timedelta(hours=9))).date()


def parse_day(text: str) -> date:
    """A day as written on the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RulebookError(f"--as-of {text}: write a day such as 2026-11-23") from None


def _summary(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.path,
        "title_en": rule.title.en,
        "title_ja": rule.title.ja,
        "questions": list(rule.questions),
        "binds": list(rule.binds),
        "regimes": list(dict.fromkeys(r for h in rule.holdings for r in h.regimes)),
        "needs": list(rule.needs),
        "hash": rule.hash,
    }


def _shown(rule: Rule, regime: str, day: date, as_of: date) -> dict[str, object]:
    holding = rule.holding(regime, day)
    parameters = rule.parameters_in(regime, day, as_of, {}) if holding else ()
    return {
        **_summary(rule),
        "regime": regime,
        "law_day": day.isoformat(),
        "holds": holding is not None,
        "statement_en": rule.statement.en,
        "statement_ja": rule.statement.ja,
        "status": holding.status if holding else None,
        "confidence": holding.confidence if holding else None,
        "analogy": holding.analogy if holding else None,
        "provisions": [
            {"document": p.document, "provision": p.provision, "quote": p.quote} for p in (holding.provisions if holding else ())
        ],
        "consequences": [
            {"kind": c.kind, "document": c.document, "provision": c.provision, "text_en": c.text.en, "text_ja": c.text.ja}
            for c in (holding.consequences if holding else ())
        ],
        "note_en": holding.note.en if holding and holding.note else None,
        "note_ja": holding.note.ja if holding and holding.note else None,
        "parameters": [
            {
                "name": p.name,
                "value": _written(p.value),
                "unit": p.unit,
                "set_by": p.set_by,
                "document": p.source.document if p.source else None,
                "provision": p.source.provision if p.source else None,
                "confidence": p.source.confidence if p.source else None,
                "checked_on": p.source.checked_on.isoformat() if p.source else None,
            }
            for p in parameters
        ],
        "client_en": rule.client.en if rule.client else None,
        "client_ja": rule.client.ja if rule.client else None,
        "warnings": {name: {"en": t.en, "ja": t.ja} for name, t in rule.warnings.items()},
        "false_positives": [{"en": t.en, "ja": t.ja} for t in rule.false_positives],
        "anchors": list(rule.anchors),
    }


def _print_rule(rule: Rule, told: dict[str, object]) -> None:
    console = Console()
    console.print(f"[bold]{rule.path}[/]  {rule.title.en}  {rule.title.ja}")
    console.print(f"{rule.statement.en}\n{rule.statement.ja}\n")
    if not told["holds"]:
        console.print(f"Does not hold under {told['regime']} on {told['law_day']}.")
        return
    console.print(f"Under [bold]{told['regime']}[/] (law of {told['law_day']}): {told['status']}, text {told['confidence']}")
    for provision in told["provisions"]:  # type: ignore[attr-defined]
        console.print(f"  {provision['document']} {provision['provision'] or ''}")
        if provision["quote"]:
            console.print(f"    「{provision['quote']}」", highlight=False)
    for consequence in told["consequences"]:  # type: ignore[attr-defined]
        console.print(
            f"  {consequence['kind']}: {consequence['text_en']} ({consequence['document']} {consequence['provision'] or ''})"
        )
    if told["note_en"]:
        console.print(f"  {told['note_en']}\n  {told['note_ja']}")
    table = Table("parameter", "value", "unit", "set by", "source", "text")
    for p in told["parameters"]:  # type: ignore[attr-defined]
        source = f"{p['document'] or ''} {p['provision'] or ''}".strip()
        table.add_row(p["name"], str(p["value"]), p["unit"], p["set_by"], source, p["confidence"] or "")
    if table.row_count:
        console.print(table)
    for innocent in rule.false_positives:
        console.print(f"  may also catch: {innocent.en}")


def _difference_json(change: RuleDifference) -> dict[str, object]:
    return {
        "rule": change.rule.path,
        "change": change.change,
        "status_before": change.before.status if change.before else None,
        "status_after": change.after.status if change.after else None,
        "confidence_after": change.after.confidence if change.after else None,
        "values": [
            {"name": v.name, "unit": v.unit, "before": _written(v.before), "after": _written(v.after)} for v in change.values
        ],
        "consequences_before": [c.text.en for c in change.before.consequences] if change.before else [],
        "consequences_after": [c.text.en for c in change.after.consequences] if change.after else [],
    }


def _print_differences(changes: tuple[RuleDifference, ...], before: str, after: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{before} → {after}[/]")
    for change in changes:
        console.print(f"[bold]{change.rule.path}[/]  {change.rule.title.en}  {change.rule.title.ja}: {change.change}")
        for line in _difference_lines(change, before, after):
            console.print(f"    {line}", markup=False)


def _difference_lines(change: RuleDifference, before: str, after: str) -> Iterator[str]:
    sides = [f"{h.status} (text {h.confidence})" if h else "no such rule" for h in (change.before, change.after)]
    yield f"{before}: {sides[0]} → {after}: {sides[1]}"
    for value in change.values:
        yield f"{value.name}: {_written(value.before)} → {_written(value.after)} {value.unit}"
    old = {(c.kind, c.text.en): None for c in change.before.consequences} if change.before else {}
    new = {(c.kind, c.text.en): None for c in change.after.consequences} if change.after else {}
    # A text not read says nothing about its consequences, so what is absent is "not established", not gone.
    for kind, text in (c for c in old if c not in new):
        yield f"− {kind}, not established under {after}: {text}"
    for kind, text in (c for c in new if c not in old):
        yield f"+ {kind}: {text}"


def _written(value: Value | None) -> str:
    return "undetermined" if value is None else str(value)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
