"""The evidence package of one or more findings: what proves them, under which rule, from which books, and who took it out."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from sekisho import __version__
from sekisho.cases import exhibits, foreign, powers, replay
from sekisho.cases.package import packed
from sekisho.cases.result import Finding
from sekisho.engine.run import Judged, RuleRun
from sekisho.findings.cards import cards
from sekisho.findings.finding import SCHEMA
from sekisho.findings.manifest import table_hash
from sekisho.findings.report import render_report
from sekisho.findings.report.charts.alone import alone
from sekisho.records import Records, RecordsError
from sekisho.rulebook import Rulebook
from sekisho.rulebook.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Who takes the evidence out, when (ISO 8601), for which case and why, and whom abroad it goes to."""

    by: str
    at: str
    case: str
    reason: str
    request: foreign.Request | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """What the case file adds to the package: files by path, and what people did with the evidence, as entries of custody."""

    files: Mapping[str, bytes]
    custody: Sequence[Mapping[str, Any]] = ()


def package(
    findings: Sequence[Finding],
    run: Mapping[str, Any],
    records: Records,
    rulebook: Rulebook,
    export: Export,
    enclosed: Enclosed | None = None,
) -> bytes:
    """The zip. Raises RecordsError where the books are not those that were inspected."""
    enclosed = enclosed or Enclosed(files={})
    tables = exhibits.needed(findings, records)
    sources = _sources(run, records, tables)
    content = exhibits.as_files(tables)
    for name, events in replay.replays(findings, records).items():
        finding = next(f for f in findings if f["finding_id"] == name)
        content[f"replay/{name}.csv"] = replay.as_csv(events)
        content[f"replay/{name}.html"] = replay.as_page(finding, events)
    for finding in findings:
        content[f"findings/{finding['finding_id']}.json"] = _json(_plain(finding))
    content |= {**_report(findings, run, records, rulebook), "run.json": _json(run)}
    rules = {path: rulebook[path] for path in sorted({f["rule"] for f in findings})}
    for rule in rules.values():
        content[f"rules/{rule.path.replace('/', '.')}.md"] = _rule_text(rule, run).encode()
        content[f"rules/{rule.path.replace('/', '.')}.yaml"] = (rule.folder / "rule.yaml").read_bytes()
    content |= _powers(findings, rulebook)
    if export.request is not None:
        letter = foreign.letter(export.request, findings)
        content["foreign/request.md"] = letter.encode()
        content["foreign/request.html"] = foreign.page(letter).encode()
        content["foreign/request.json"] = _json(foreign.record(export.request))
    content |= enclosed.files
    content["verify.py"] = verifier()
    content["README.md"] = _readme(findings, export, sorted(content)).encode()
    about = _about(findings, run, rules, sources, export)
    return packed(content, about, _custody(findings, run, sources, export, enclosed))


def verifier() -> bytes:
    """The program that every package carries to be verified with."""
    return (files("sekisho.cases") / "verify_package.py").read_bytes()


def _about(
    findings: Sequence[Finding], run: Mapping[str, Any], rules: Mapping[str, Rule], sources: object, export: Export
) -> dict[str, Any]:
    ran = {told["rule"]: told["hash"] for told in run["rules"]}
    return {
        "case": export.case,
        "by": export.by,
        "reason": export.reason,
        "exported_at": export.at,
        "software": {"sekisho": __version__, "inspected_with": run["sekisho"], "libraries": run.get("libraries", {})},
        "findings": [f["finding_id"] for f in findings],
        "regime": run["regime"]["id"],
        "as_of": run["as_of"],
        "rules": {
            path: {"hash_when_run": ran.get(path), "hash_now": rule.hash, "unchanged": ran.get(path) == rule.hash}
            for path, rule in rules.items()
        },
        "source_tables": sources,
    }


def _custody(
    findings: Sequence[Finding], run: Mapping[str, Any], sources: Mapping[str, Any], export: Export, enclosed: Enclosed
) -> list[Mapping[str, Any]]:
    return [
        {
            "action": "inspected",
            "by": f"sekisho {run['sekisho']}",
            "records": run["records"]["folder"],
            "as_of": run["as_of"],
            "tables": {name: told["sha256_when_run"] for name, told in sources.items()},
        },
        *enclosed.custody,
        {"action": "selected", "by": export.by, "at": export.at, "findings": [f["finding_id"] for f in findings]},
        {"action": "exported", "by": export.by, "at": export.at, "case": export.case, "reason": export.reason},
        *(
            [{"action": "foreign_request_prepared", "at": export.at, **foreign.record(export.request)}]
            if export.request is not None
            else []
        ),
    ]


def _sources(run: Mapping[str, Any], records: Records, tables: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """The hashes of the tables the package draws on, when inspected and now. Books that changed are not evidence."""
    told = {}
    for name in sorted(tables):
        then = run["records"]["tables"].get(name, {}).get("sha256")
        now = table_hash(records.folder, name)
        if then != now:
            raise RecordsError(
                f"{records.folder}: {name}",
                f"is not the table that was inspected (sha256 {now}, in run.json {then})",
                "give the records folder the findings were made from, or inspect again",
            )
        told[name] = {"sha256_when_run": then, "sha256_now": now}
    return told


def _report(findings: Sequence[Finding], run: Mapping[str, Any], records: Records, rulebook: Rulebook) -> dict[str, bytes]:
    """The report of these findings alone, as the inspection shows them, and every chart of it as a file with its axes."""
    import pyarrow as pa

    judged = Judged(regime=run["regime"]["id"], law_day=date.fromisoformat(run["law_day"]), as_of=date.fromisoformat(run["as_of"]))
    chosen = {f["rule"] for f in findings}
    runs = tuple(_ran(rulebook[path], judged, run) for path in sorted(chosen))
    own = dict(run) | {
        "rules": [r for r in run["rules"] if r["rule"] in chosen],
        "obligations": [],
        "amounts": [],
        "attestations": [],
        "findings": len(findings),
    }
    table = pa.Table.from_pylist([dict(f) for f in findings], schema=SCHEMA)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        drawn = render_report(file, own, table, cards(rulebook, runs), records)
        page = file.read_bytes()
    charts = {
        f"charts/{name}_{n}.svg": alone(each).encode() for name, made in drawn.items() for n, each in enumerate(made, start=1)
    }
    return {"report.html": page, **charts}


def _ran(rule: Rule, judged: Judged, run: Mapping[str, Any]) -> RuleRun:
    assumed = _assumed(rule, run)
    holding = rule.holding(judged.regime, judged.law_day)
    parameters = rule.parameters_in(judged.regime, judged.law_day, judged.as_of, assumed) if holding else None
    return RuleRun(rule=rule, judged=judged, state="ran", holding=holding, parameters=parameters)


def _assumed(rule: Rule, run: Mapping[str, Any]) -> dict[str, Any]:
    start = f"{rule.path}."
    return {name.removeprefix(start): value for name, value in run.get("assumed", {}).items() if name.startswith(start)}


def _rule_text(rule: Rule, run: Mapping[str, Any]) -> str:
    """The rule as it was applied: statement, provisions with the Japanese text, and the values in force."""
    told = next(entry for entry in run["rules"] if entry["rule"] == rule.path)
    holding = rule.holding(run["regime"]["id"], date.fromisoformat(run["law_day"]))
    lines = [f"# {rule.title.ja} / {rule.title.en}", f"`{rule.path}`, hash `{told['hash']}`", rule.statement.ja, rule.statement.en]
    if holding is not None:
        lines.append(f"## 条文 / Provisions ({run['regime']['id']}, {holding.status}, {holding.confidence})")
        lines += [
            f"**{one.document} {one.provision or ''}**" + (f"\n\n> {one.quote}" if one.quote else "") for one in holding.provisions
        ]
        lines += [f"* {c.kind}: {c.document} {c.provision or ''} {c.text.ja} / {c.text.en}" for c in holding.consequences]
        if holding.note is not None:
            lines += [holding.note.ja, holding.note.en]
    lines.append("## 適用した数値 / Values in force")
    rows = ["| name | value | unit | set by | source |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| {p['name']} | {p['value']} | {p['unit']} | {p['set_by']}{' (assumed)' if p['assumed'] else ''} | "
        f"{p['document'] or ''} {p['provision'] or ''} |"
        for p in told["parameters"]
    ]
    lines += ["\n".join(rows), "## 誤検知となり得る場合 / When it may be wrong"]
    lines += [f"* {text.ja} / {text.en}" for text in rule.false_positives]
    return "\n\n".join(lines) + "\n"


def _powers(findings: Sequence[Finding], rulebook: Rulebook) -> dict[str, bytes]:
    """Whether the SESC had the power on the day of each act, as a page and as JSON; nothing where no rule speaks of a violation."""
    asked = powers.asked_of(findings, rulebook)
    if not asked:
        return {}
    rule = rulebook["enforcement/investigation_powers"]
    stood = {(p["regime"], p["on"]) for one in asked for p in one.powers}
    notes = {regime: holding.note for regime, on in sorted(stood) if (holding := rule.holding(regime, date.fromisoformat(on)))}
    told = [{"finding": one.finding_id, "violation": one.violation, "powers": one.powers} for one in asked]
    return {"powers.md": powers.page(asked, notes).encode(), "powers.json": _json(told)}


def _readme(findings: Sequence[Finding], export: Export, names: Sequence[str]) -> str:
    listed = "\n".join(f"* `{f['finding_id']}` ({f['rule']}): {f['summary_ja']} / {f['summary_en']}" for f in findings)
    parts = "\n".join(f"* `{name}`" for name in names)
    template = (files("sekisho.cases") / "page" / "readme.md").read_text(encoding="utf-8")
    return template.format(case=export.case, by=export.by, at=export.at, reason=export.reason, listed=listed, parts=parts)


def _plain(finding: Finding) -> dict[str, Any]:
    """A finding as JSON: times and decimals as text, parameters unfolded."""
    told: dict[str, Any] = {}
    for name, value in finding.items():
        told[name] = json.loads(value) if name == "parameters" else value if isinstance(value, list | float) else None
        if told[name] is None and value is not None:
            told[name] = exhibits.text_of(value)
    return told


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
