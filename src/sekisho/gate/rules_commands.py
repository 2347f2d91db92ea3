"""``sekisho gate rules``: the life of a rule set, from draft to force and back, each step kept with who took it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from sekisho.gate.gate import Gate
from sekisho.gate.journals import open_journal
from sekisho.gate.life import Ruled, RuleLife
from sekisho.gate.messages import GateError, request_id
from sekisho.gate.options import JOURNAL_FILE, AsJson, By, JournalOption, existing, print_json
from sekisho.gate.rule_set import RuleSet, changes

app = typer.Typer(
    help="Rule sets of the gate: draft, try in shadow, commit, activate by a second person, roll back.", no_args_is_help=True
)

_Name = Annotated[str, typer.Argument(help="Name or hash (or its beginning) of the rule set.", show_default=False)]
_Why = Annotated[str, typer.Option("--why", help="Why it is done; kept in the journal.")]


@app.command("draft")
def draft_command(
    name: Annotated[str | None, typer.Argument(help="Name of the draft, where no --file gives one.")] = None,
    by: By = "",
    file: Annotated[Path | None, typer.Option("--file", help="JSON file of the whole set, as 'show --json' prints it.")] = None,
    regime: Annotated[
        str | None, typer.Option("--regime", help="Regime; default: the law in force on the day of each decision.")
    ] = None,
    rules: Annotated[str, typer.Option("--rules", help="Rules whose path matches; commas join.")] = "*",
    assume: Annotated[
        list[str] | None, typer.Option("--assume", help="RULE.PARAMETER=VALUE: a value the firm sets or assumes.")
    ] = None,
    undetermined: Annotated[
        list[str] | None,
        typer.Option("--undetermined", help="GLOB=hold, refuse or list: what a rule without value means; default *=hold."),
    ] = None,
    release_needs: Annotated[int, typer.Option("--release-needs", help="How many people it takes to lift a hold without end.")] = 2,
    why: _Why = "",
    journal: JournalOption = JOURNAL_FILE,
    as_json: AsJson = False,
) -> None:
    """Draft a rule set: regime, rules, the values the firm sets, and what an open value means. A draft has no effect."""
    if file is not None:
        rule_set = _read(file)
    elif name is not None:
        meant = dict(_pair(one) for one in undetermined or ("*=hold",))
        globs = tuple(one.strip() for one in rules.split(",") if one.strip())
        rule_set = RuleSet(
            name=name,
            regime=regime,
            rules=globs,
            assume=tuple(assume or ()),
            undetermined=meant,
            release_needs=release_needs,
            note=why,
        )
    else:
        raise GateError("give a name or --file")
    with _gate(journal, new=True) as gate:
        _print_step(gate, gate.rule("draft", rule_set, by, why), as_json)


@app.command("shadow")
def shadow_command(
    name: Annotated[str | None, typer.Argument(help="Name or hash of the set; with --stop none.")] = None,
    by: By = "",
    stop: Annotated[bool, typer.Option("--stop", help="End the shadow.")] = False,
    why: _Why = "",
    journal: JournalOption = JOURNAL_FILE,
    as_json: AsJson = False,
) -> None:
    """Run a draft or committed set in shadow beside the one in force: every difference is kept, none has effect."""
    if (name is None) != stop:
        raise GateError("give the name of a rule set, or --stop")
    with _gate(journal) as gate:
        _print_step(gate, gate.rule("unshadow" if stop else "shadow", name or "", by, why), as_json)


@app.command("commit")
def commit_command(
    name: _Name, by: By = "", why: _Why = "", journal: JournalOption = JOURNAL_FILE, as_json: AsJson = False
) -> None:
    """Commit a draft: from here on it is immutable, named by the hash of its content and of every rule folder it uses."""
    with _gate(journal) as gate:
        _print_step(gate, gate.rule("commit", name, by, why), as_json)


@app.command("activate")
def activate_command(
    name: _Name, by: By = "", why: _Why = "", journal: JournalOption = JOURNAL_FILE, as_json: AsJson = False
) -> None:
    """Put a committed set in force. Somebody else must do it than who drafted or committed it."""
    with _gate(journal) as gate:
        _print_step(gate, gate.rule("activate", name, by, why), as_json)


@app.command("rollback")
def rollback_command(by: By = "", why: _Why = "", journal: JournalOption = JOURNAL_FILE, as_json: AsJson = False) -> None:
    """Go back, in one step, to the set that was in force before."""
    with _gate(journal) as gate:
        _print_step(gate, gate.rule("roll_back", "", by, why), as_json)


@app.command("show")
def show_command(
    name: Annotated[str | None, typer.Argument(help="Name or hash of one set, with its whole content.")] = None,
    journal: JournalOption = JOURNAL_FILE,
    as_json: AsJson = False,
) -> None:
    """Show the rule sets: which is in force, which in shadow, and every step that was taken; or one set whole."""
    with _gate(journal) as gate:
        life = gate.life
        if name is not None:
            named = life.named(name)
            print_json({"hash": named, **msgspec.to_builtins(life.contents[named])})
        elif as_json:
            print_json(_told(life))
        else:
            _print_life(Console(), life)


@app.command("diff")
def diff_command(
    one: Annotated[str | None, typer.Argument(help="A rule set; with OTHER: what differs between the two sets.")] = None,
    other: Annotated[str | None, typer.Argument(help="Another rule set.")] = None,
    examples: Annotated[int, typer.Option("--examples", help="How many decisions to name for each difference.")] = 5,
    journal: JournalOption = JOURNAL_FILE,
    as_json: AsJson = False,
) -> None:
    """Show what a set in shadow would have decided otherwise; with two names, what differs between the sets themselves."""
    with _gate(journal) as gate:
        life = gate.life
        if one is not None and other is not None:
            told: Any = changes(life.contents[life.named(one)], life.contents[life.named(other)])
        else:
            wanted = life.named(one) if one is not None else life.shadow or _last_shadow(life)
            told = _outcomes(gate, wanted, examples)
    if as_json:
        print_json(told)
    else:
        _print_difference(Console(), told)


def _last_shadow(life: RuleLife) -> str:
    step = next((step for step in reversed(life.history) if step.step == "shadow"), None)
    if step is None:
        raise GateError("no rule set was ever in shadow; 'sekisho gate rules shadow NAME' starts one")
    return step.rule_set


def _outcomes(gate: Gate, wanted: str, examples: int) -> dict[str, Any]:
    """Over every decision made while the set was in shadow: how many, and from which outcome to which."""
    decisions, moved, named, rules = 0, Counter[tuple[str, str]](), {}, Counter[str]()  # type: ignore[var-annotated]
    shadowing = False
    for entry in gate.entries():
        if isinstance(entry, Ruled):
            if entry.step in ("shadow", "unshadow", "activate"):
                shadowing = (entry.step == "shadow" and entry.rule_set == wanted) or (
                    shadowing and entry.step == "activate" and entry.rule_set != wanted
                )
            continue
        number, decided = entry
        if not shadowing:
            continue
        decisions += 1
        if decided.shadow is not None and decided.shadow.rule_set == wanted:
            key = (decided.outcome, decided.shadow.outcome)
            moved[key] += 1
            rules.update(decided.shadow.rules)
            named.setdefault(key, []).append({"decision_id": f"D{number}", "request_id": request_id(decided.request)})
    return {
        "rule_set": wanted,
        "name": gate.life.contents[wanted].name,
        "decisions": decisions,
        "differing": sum(moved.values()),
        "outcomes": [
            {"in_force": key[0], "shadow": key[1], "decisions": count, "examples": named[key][:examples]}
            for key, count in sorted(moved.items())
        ],
        "reasons": dict(sorted(rules.items())),
    }


@contextmanager
def _gate(where: str, new: bool = False) -> Iterator[Gate]:
    gate = Gate(open_journal(where) if new else existing(where))
    try:
        yield gate
    finally:
        gate.close()


def _read(file: Path) -> RuleSet:
    try:
        return msgspec.json.decode(file.read_bytes(), type=RuleSet)
    except OSError as error:
        raise GateError(f"{file}: {error.strerror}; give a JSON file") from None
    except msgspec.MsgspecError as error:
        raise GateError(f"{file}: {error}; 'sekisho gate rules show NAME' prints the form") from None


def _pair(text: str) -> tuple[str, str]:
    glob, equals, what = text.partition("=")
    if not equals:
        raise GateError(f"--undetermined {text}: write it as GLOB=hold, GLOB=refuse or GLOB=list")
    return glob.strip(), what.strip()


def _print_step(gate: Gate, step: Ruled, as_json: bool) -> None:
    if as_json:
        print_json(step)
        return
    name = gate.life.contents[step.rule_set].name
    Console().print(f"{_DONE[step.step]} {name} ({step.rule_set[:12]}) by {step.by}", highlight=False)


_DONE = {
    "draft": "drafted",
    "shadow": "in shadow:",
    "unshadow": "no longer in shadow:",
    "commit": "committed",
    "activate": "in force:",
    "roll_back": "in force again:",
}


def _told(life: RuleLife) -> dict[str, Any]:
    return {
        "in_force": life.in_force[-1] if life.in_force else None,
        "in_force_before": list(reversed(life.in_force[:-1])),
        "shadow": life.shadow,
        "sets": {
            named: {"name": content.name, "committed": named in life.committed, "authors": sorted(life.authors.get(named, ()))}
            for named, content in life.contents.items()
        },
        "steps": [msgspec.to_builtins(msgspec.structs.replace(step, content=None)) for step in life.history],
    }


def _print_life(console: Console, life: RuleLife) -> None:
    active = life.active
    console.print(f"in force: {active.name} ({active.hash[:12]})" if active else "no rule set is in force", highlight=False)
    if life.shadowed:
        console.print(f"in shadow: {life.shadowed.name} ({life.shadowed.hash[:12]})", highlight=False)
    table = Table("When (UTC)", "Step", "Rule set", "Hash", "By", "Why")
    for step in life.history:
        name = life.contents[step.rule_set].name
        table.add_row(f"{step.at:%Y-%m-%d %H:%M:%S}", step.step, name, step.rule_set[:12], step.by, step.why)
    console.print(table)


def _print_difference(console: Console, told: dict[str, Any]) -> None:
    if "decisions" not in told:
        for name, (before, after) in told.items():
            console.print(f"{name}: {before} → {after}", highlight=False, soft_wrap=True)
        if not told:
            console.print("the two sets are the same")
        return
    compared = f"{told['differing']} of {told['decisions']} decisions differ"
    console.print(f"{told['name']} ({told['rule_set'][:12]}): {compared}", highlight=False)
    table = Table("In force", "In shadow", "Decisions", "Examples")
    for one in told["outcomes"]:
        examples = ", ".join(each["decision_id"] for each in one["examples"])
        table.add_row(one["in_force"], one["shadow"], str(one["decisions"]), examples)
    console.print(table)
