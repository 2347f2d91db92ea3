"""Reference pages written from the code itself: rules, regimes, coverage, tables, commands, reasons. Never edited by hand."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from sekisho.cli import app
from sekisho.console.start import start
from sekisho.engine.answers import Outcome
from sekisho.records import TABLES, Table
from sekisho.rulebook import Parameter, Rule, Rulebook, load_rulebook
from sekisho.rulebook.coverage import coverage
from sekisho.rulebook.documents import Document, load_documents
from sekisho.rulebook.provision import CitationError, citations_of
from sekisho.rulebook.rule import Consequence, Holding, Provision
from sekisho.rulebook.texts import Text
from sekisho.rulebook.worked import worked_examples

start()

from sekisho.console import urls  # noqa: E402, F401 - reads every area's pages, once Django is ready
from sekisho.console.approvals.four_eyes import KINDS  # noqa: E402
from sekisho.console.desk.pages import ENTRIES  # noqa: E402
from sekisho.console.journal.keeping import kept_for  # noqa: E402
from sekisho.console.people.roles import ROLES, matrix  # noqa: E402

Page = tuple[str, str]
"""Path below the reference folder, and Markdown."""

STATUS_WORDS = {"in_force": "in force", "enacted": "enacted, not in force", "recommended": "recommended, never law"}
CONFIDENCE_WORDS = {
    "confirmed": "confirmed: the text was read",
    "second_hand": "second hand: a source that quotes the text",
    "stated": "stated, not verified",
    "unverified": "not checked against a text",
    "unknown": "not known",
}
OUTCOME_WORDS = {
    Outcome.allow: "Goes ahead. No reason against it was found.",
    Outcome.warn: "Goes ahead, with a warning that is shown and kept.",
    Outcome.hold: "Waits. The reason says until when at the earliest, or what is missing.",
    Outcome.refuse: "Does not go ahead.",
}


def pages() -> Iterator[Page]:
    """Every reference page."""
    rulebook = load_rulebook()
    yield "index.md", _index(rulebook)
    yield "rules.md", _rules(rulebook)
    for rule in rulebook.rules.values():
        yield f"rules/{rule.path}.md", rule_page(rule)
    yield "coverage.md", _coverage(rulebook)
    yield "regimes.md", _regimes(rulebook)
    yield "documents.md", _documents()
    yield "tables.md", _tables()
    yield "commands.md", _commands()
    yield "reasons.md", _reasons(rulebook)
    yield "office.md", _office()


def write_reference(folder: Path) -> None:
    """Write all pages into ``folder``; what has not changed is left alone, what is no longer there is removed."""
    written = set()
    for name, text in pages():
        file = folder / name
        written.add(file)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    for stale in set(folder.rglob("*.md")) - written:
        stale.unlink()


def navigation() -> list[object]:
    """The reference part of the site's navigation."""
    chapters: dict[str, list[dict[str, str]]] = {}
    for rule in load_rulebook().rules.values():
        chapters.setdefault(_words(rule.chapter).capitalize(), []).append({rule.title.en: f"reference/rules/{rule.path}.md"})
    return [
        "reference/index.md",
        {"Rules": ["reference/rules.md", *({name: entries} for name, entries in chapters.items())]},
        {"Coverage of the framework": "reference/coverage.md"},
        {"Regimes known": "reference/regimes.md"},
        {"Documents cited": "reference/documents.md"},
        {"Record tables": "reference/tables.md"},
        {"Commands": "reference/commands.md"},
        {"Reasons of the gate": "reference/reasons.md"},
        {"Who may do what in the office": "reference/office.md"},
    ]


def rule_page(rule: Rule) -> str:
    """A rule's page: rule.yaml in words, what its control says of itself, and its worked examples."""
    parts = [
        f"# {rule.title.en}\n\n**{rule.title.ja}**",
        f"`{rule.path}` · asks {_code_list(rule.questions)} · binds {', '.join(_words(b) for b in rule.binds)}",
        _both(rule.statement),
        *_control(rule),
        "## Where it stands in the law",
        *(text for holding in rule.holdings for text in _holding(holding)),
        *_parameters(rule),
        *_sentences(rule),
        *_client(rule),
        *_attestations(rule),
        *_false_positives(rule),
        *_needs(rule),
        *_anchors(rule),
        *_cases(rule),
        f"Hash of the rule's folder: `{rule.hash}`",
    ]
    return "\n\n".join(parts) + "\n"


def _control(rule: Rule) -> Iterator[str]:
    file = rule.folder / "control.py"
    if not file.exists():
        yield "!!! note\n    This rule has no control: it is written, not yet run."
        return
    tree = ast.parse(file.read_text(encoding="utf-8"))
    yield "## How it is checked"
    yield _unwrapped(ast.get_docstring(tree) or "")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in rule.questions and (told := ast.get_docstring(node)):
            yield f"`{node.name}`: {_unwrapped(told)}"


def _holding(holding: Holding) -> Iterator[str]:
    from_until = "".join(
        f", {word} {day}" for word, day in (("from", holding.starts_on), ("until before", holding.until)) if day is not None
    )
    yield f"### {', '.join(holding.regimes)}"
    status = STATUS_WORDS.get(holding.status, "proposed, never law")
    analogy = " Lent from securities law by analogy." if holding.analogy else ""
    yield f"{status.capitalize()}{from_until}; {CONFIDENCE_WORDS[holding.confidence]}.{analogy}"
    for provision in holding.provisions:
        yield _provision(provision)
    for consequence in holding.consequences:
        yield _consequence(consequence)
    if holding.note is not None:
        yield _both(holding.note)


def _provision(provision: Provision) -> str:
    document = load_documents()[provision.document]
    read_on = f" (read on {provision.checked_on})" if provision.checked_on else ""
    lines = [f"**{_cited(document, provision.provision)}**{read_on}"]
    if provision.quote:
        lines.append(f"> {provision.quote.strip()}")
    return "\n\n".join(lines)


def _consequence(consequence: Consequence) -> str:
    document = load_documents()[consequence.document]
    kind = _words(consequence.kind).capitalize()
    return f"{kind} consequence: {_line(consequence.text)} {_cited(document, consequence.provision)}"


def _cited(document: Document, provision: str | None) -> str:
    """A provision in Japanese drafting and in short form, linked to where the document can be read."""
    name = f"[{document.title_ja}]({document.url})" if document.url else document.title_en
    if provision is None:
        return name
    try:
        japanese = "、".join(citation.japanese for citation in citations_of(document.key, provision))
    except CitationError:
        return f"{name} {provision}"
    if document.kind == "guideline":
        return f"{name} {japanese}"
    return f"{name}{japanese} ({document.key} {provision})"


def _cited_shortly(document: Document, provision: str | None) -> str:
    """A provision by the key of its document, for tables."""
    name = f"{document.key} {provision}" if provision else document.key
    return f"[{name}]({document.url})" if document.url else name


def _parameters(rule: Rule) -> Iterator[str]:
    if not rule.parameters:
        return
    yield "## Values"
    yield (
        "A value set by law has its provision; a value the law leaves to the firm starts from what Sekisho measured. "
        f"Assume another with `--assume {rule.path}.NAME=VALUE`."
    )
    for parameter in rule.parameters.values():
        yield f"### `{parameter.name}` {{ #{parameter.name} }}"
        optional = "; may be without value" if parameter.optional else ""
        yield f"{_line(parameter.description)}. Unit: {parameter.unit}; set by {parameter.set_by}{optional}."
        yield _values(parameter)


def _values(parameter: Parameter) -> str:
    documents = load_documents()
    rows = [
        (
            ", ".join(value.regimes),
            "undetermined" if value.value is None else f"`{_plain(value.value)}`",
            " ".join(f"{word} {day}" for word, day in (("from", value.starts_on), ("until before", value.until)) if day),
            _cited_shortly(documents[value.source.document], value.source.provision)
            + (f": {value.source.note}" if value.source.note else ""),
            f"{_words(value.source.confidence)}, {value.source.checked_on}",
        )
        for value in parameter.values
    ]
    return _table(("regime", "value", "dates", "source", "how sure, read on"), rows)


def _sentences(rule: Rule) -> Iterator[str]:
    if not rule.sentences:
        return
    yield "## What it says"
    for name, text in rule.sentences.items():
        yield f"`{name}`\n\n```text\n{text.en}\n{text.ja}\n```"


def _client(rule: Rule) -> Iterator[str]:
    if rule.client is not None or rule.warnings:
        yield "## What the client reads"
    if rule.client is not None:
        yield "While the rule holds or refuses a transfer or an order, and nothing beyond it (a suspicion is never told):"
        yield f"```text\n{rule.client.en}\n{rule.client.ja}\n```"
    for name, text in rule.warnings.items():
        yield f"Warning `{name}`\n\n```text\n{text.en}\n{text.ja}\n```"


def _attestations(rule: Rule) -> Iterator[str]:
    if not rule.attestations:
        return
    yield "## What somebody vouches for"
    rows = [
        (
            _line(one.item),
            _line(one.evidence),
            _words(one.by) + (f", independent of {_words(one.independent_of)}" if one.independent_of else ""),
            one.every or "once, or when it happens",
        )
        for one in rule.attestations
    ]
    yield _table(("item", "evidence", "by", "every"), rows)


def _false_positives(rule: Rule) -> Iterator[str]:
    if rule.false_positives:
        yield "## When it may be wrong"
        yield "\n".join(f"* {_line(text)}" for text in rule.false_positives)


def _needs(rule: Rule) -> Iterator[str]:
    up = "../" * (rule.path.count("/") + 1)
    for words, names in (("Not inspected without", rule.needs), ("Uses where present", rule.uses)):
        if names:
            yield f"{words}: " + ", ".join(f"[`{name}`]({up}tables.md#{name})" for name in names)


def _anchors(rule: Rule) -> Iterator[str]:
    asked = {entry.asked.id: entry.asked for entry in coverage(load_rulebook())}
    if rule.anchors:
        yield "## What the framework asked for"
        yield _table(
            ("anchor", "name", "what software must do"),
            [(anchor, _line(asked[anchor].name), _line(asked[anchor].sentence)) for anchor in rule.anchors],
        )


def _cases(rule: Rule) -> Iterator[str]:
    """The worked examples as they stand in cases.yaml, one box each."""
    examples = worked_examples(rule)
    if not examples:
        return
    yield "## Worked examples"
    yield "These run as tests. Each is a date, a few records, and what must be found."
    for name, body in examples:
        shown = "\n".join(f"    {line}" for line in body.splitlines())
        yield f'??? example "{_attribute(name)}"\n    ```yaml\n{shown}\n    ```'


def _index(rulebook: Rulebook) -> str:
    covered = coverage(rulebook)
    running = sum(entry.state == "running" for entry in covered)
    return "\n\n".join(
        [
            "# Reference",
            "Written from the code at each build: nothing here is kept by hand.",
            "\n".join(
                [
                    f"* [Rules](rules.md): {len(rulebook.rules)} rules with provisions, values, sentences and worked examples",
                    f"* [Coverage](coverage.md): {running} of {len(covered)} things the framework asks for have a running rule",
                    f"* [Regimes](regimes.md): {len(rulebook.regimes.by_id)} bodies of law, in force or not",
                    f"* [Documents](documents.md): {len(load_documents())} acts, orders, guidelines and reports cited",
                    f"* [Record tables](tables.md): {len(TABLES)} tables an exchange's books are read from",
                    f"* [Commands](commands.md): {len(list(_leaves()))} commands",
                    "* [Reasons](reasons.md): what the gate may answer, and why",
                    "* [The office](office.md): every act and the roles that may do it",
                ]
            ),
        ]
    )


def _rules(rulebook: Rulebook) -> str:
    parts = ["# Rules"]
    for chapter in dict.fromkeys(rule.chapter for rule in rulebook.rules.values()):
        parts.append(f"## {_words(chapter).capitalize()}")
        rows = [
            (f"[{rule.title.en}](rules/{rule.path}.md)<br>{rule.title.ja}", _code_list(rule.questions), rule.statement.en)
            for rule in rulebook.rules.values()
            if rule.chapter == chapter
        ]
        parts.append(_table(("rule", "asks", "what it requires"), rows))
    return "\n\n".join(parts) + "\n"


def _coverage(rulebook: Rulebook) -> str:
    words = {"running": "runs", "written": "rule without a control", "none": "no rule yet"}
    covered = coverage(rulebook)
    parts = [
        "# Coverage of the framework",
        "Everything the framework document of 22 October 2025 asks for, and the rules that answer. Computed from the rule folders.",
    ]
    for code, title in dict.fromkeys((entry.asked.section.code, entry.asked.section.title) for entry in covered):
        parts.append(f"## {code} {title.en}（{title.ja}）")
        for entry in (entry for entry in covered if entry.asked.section.code == code):
            asked = entry.asked
            rules = ", ".join(f"[`{path}`](rules/{path}.md)" for path in entry.rules)
            parts.append(f"**{asked.id} {_line(asked.name)}** · {asked.kind} · {words[entry.state]}{': ' if rules else ''}{rules}")
            parts.append(f"> {asked.sentence.en}\n>\n> {asked.sentence.ja}")
    return "\n\n".join(parts) + "\n"


def _regimes(rulebook: Rulebook) -> str:
    parts = ["# Regimes known"]
    for regime in rulebook.regimes.by_id.values():
        start = regime.starts_on or (f"not fixed, {regime.starts_by} at the latest" if regime.starts_by else "not dated")
        parts.append(f"## {regime.id} {{ #{regime.id} }}")
        parts.append(_both(regime.title))
        rows = [
            ("kind", regime.kind),
            ("status", STATUS_WORDS.get(regime.status, "proposed, never law")),
            ("how sure", CONFIDENCE_WORDS[regime.confidence]),
            ("from", str(start)),
            ("until before", str(regime.until) if regime.until else "open"),
            ("source", regime.source),
        ]
        parts.append(_table(("", ""), rows))
        if regime.note is not None:
            parts.append(_both(regime.note))
    return "\n\n".join(parts) + "\n"


def _documents() -> str:
    rows = [
        (
            f"`{d.key}`",
            f"{d.title_ja}<br>{d.title_en}",
            d.law_number or "",
            _words(d.kind),
            str(d.text_as_at or ""),
            f"[text]({d.url})" if d.url else "",
        )
        for d in load_documents().values()
    ]
    return "# Documents cited\n\n" + _table(("key", "document", "number", "kind", "text as at", "where"), rows) + "\n"


def _tables() -> str:
    intro = (
        "The tables an exchange's books are read from: `NAME.parquet`, `NAME.csv` or a partitioned folder `NAME/`. "
        "Times are UTC; prices and quantities are exact decimals."
    )
    return "\n\n".join(["# Record tables", intro, *(part for table in TABLES.values() for part in _record_table(table))]) + "\n"


def _record_table(table: Table) -> Iterator[str]:
    yield f"## {table.name} {{ #{table.name} }}"
    yield f"{table.meaning.rstrip('.')}. Key: {_code_list(table.key)}."
    rows = [
        (
            f"`{c.name}`",
            c.kind + (", may be missing" if c.nullable else ""),
            c.meaning.rstrip(".") + "." + (f" One of {_code_list(c.values)}." if c.values else ""),
            c.unit or "",
            c.standard or "",
        )
        for c in table.columns
    ]
    yield _table(("column", "kind", "meaning", "unit", "standard"), rows)


def _office() -> str:
    """Every act of the office and the roles that may do it, every page and act with its address, and what takes two people."""
    rows = [(act, *("●" if role in roles else "" for role in ROLES)) for act, roles in sorted(matrix().items())]
    addresses = [
        (entry.name, f"`/{entry.path}`", "act" if entry.changes else "page", entry.act)
        for entry in sorted(ENTRIES.values(), key=lambda entry: entry.path)
    ]
    two = [(takes.kind, takes.propose, takes.approve) for takes in sorted(KINDS.values(), key=lambda takes: takes.kind)]
    kept = [
        (
            kind,
            f"{keeping.years} years" if keeping.ends else "never removed",
            " | ".join(keeping.ends),
            keeping.provision,
            str(keeping.why),
        )
        for kind, keeping in sorted(kept_for().items())
    ]
    return "\n\n".join(
        [
            "# Who may do what in the office",
            "An act that is not here nobody may do. A role may be limited to chapters; a conflict of interest closes whatever it "
            "is about. The same holds for the page, its JSON under `/api/`, and a personal token, which names the acts it is for.",
            _table(("act", *ROLES), rows),
            "## Pages and acts",
            _table(("name", "address", "", "needs"), addresses),
            "## What takes two people",
            "Who proposes never decides, by whatever account.",
            _table(("kind", "proposed by who may", "approved by who may"), two),
            "## How long records are kept",
            _table(("kind", "kept", "from", "provision", "why"), kept),
        ]
    )


def _commands() -> str:
    parts = ["# Commands"]
    for name, command in _leaves():
        parts.append(f"## sekisho {name} {{ #{name.replace(' ', '-')} }}")
        parts.append(_unwrapped(command.help or ""))
        rows = [
            (f"`{', '.join(p.opts)}`" if p.param_type_name == "option" else f"`{p.name.upper()}`", p.help or "", _default(p))
            for p in command.params
            if not p.hidden and p.name != "help"
        ]
        if rows:
            parts.append(_table(("", "meaning", "default"), rows))
    return "\n\n".join(parts) + "\n"


def _leaves() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, groups opened; a group that is a command of its own comes before what it holds."""

    def below(prefix: str, group: Any) -> Iterator[tuple[str, Any]]:
        context = group.make_context(prefix or "sekisho", [], resilient_parsing=True)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            full = f"{prefix} {name}".strip()
            if getattr(command, "invoke_without_command", False):
                yield full, command
            if hasattr(command, "commands"):
                yield from below(full, command)
            else:
                yield full, command

    return below("", typer.main.get_command(app))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if parameter.default in (None, False, ()):
        return ""
    return f"`{parameter.default}`"


def _reasons(rulebook: Rulebook) -> str:
    parts = [
        "# Reasons of the gate",
        "The gate asks every rule that can decide; the gravest outcome wins. From the mildest to the gravest:",
        "\n".join(f"{number}. **{outcome.name}**: {OUTCOME_WORDS[outcome]}" for number, outcome in enumerate(sorted(Outcome), 1)),
        "A rule whose value is open under the chosen regime answers *undetermined* and decides nothing.",
    ]
    for rule in (r for r in rulebook.rules.values() if "decide" in r.questions):
        parts.append(f"## {rule.title.en}（{rule.title.ja}）")
        parts.append(f"[`{rule.path}`](rules/{rule.path}.md): {rule.statement.en}")
        for name, text in rule.sentences.items():
            parts.append(f"### {rule.path} · {name} {{ #{rule.path.replace('/', '-')}-{name} }}")
            parts.append(f"```text\n{text.en}\n{text.ja}\n```")
    return "\n\n".join(parts) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *(list(row) for row in rows)]
    shown = ["| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines]
    shown.insert(1, "|" + " --- |" * len(lines[0]))
    return "\n".join(shown)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _both(text: Text) -> str:
    return f"{text.en}\n\n{text.ja}"


def _line(text: Text) -> str:
    return f"{text.en}（{text.ja}）"


def _unwrapped(docstring: str) -> str:
    """A docstring as Markdown: paragraphs without hard line ends, double back-ticks as single ones."""
    paragraphs = docstring.replace("``", "`").split("\n\n")
    return "\n\n".join(p if p.startswith((" ", "*", "-")) else " ".join(p.split()) for p in paragraphs)


def _plain(value: object) -> str:
    return ", ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)


def _code_list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _attribute(text: str) -> str:
    return text.strip().strip("\"'").replace('"', "”")


if __name__ == "__main__":
    write_reference(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "reference")
