"""Fills the report's card of a rule from the rulebook, as the rule stood in this run."""

from __future__ import annotations

from collections.abc import Mapping

from sekisho.engine.run import RuleRun
from sekisho.findings.report.card import Consequence, ParameterInForce, Provision, RuleCard
from sekisho.rulebook import Rulebook
from sekisho.rulebook.parameters import InForce, Source
from sekisho.rulebook.texts import Text


def cards(rulebook: Rulebook, runs: tuple[RuleRun, ...]) -> Mapping[str, RuleCard]:
    """One card for each rule that was asked, by rule path."""
    return {run.rule.path: _card(rulebook, run) for run in runs}


def _card(rulebook: Rulebook, run: RuleRun) -> RuleCard:
    rule, holding = run.rule, run.holding
    return RuleCard(
        rule=rule.path,
        chapter=rule.chapter,
        title=rule.title,
        statement=rule.statement,
        provisions=tuple(_provision(rulebook, p.document, p.provision, p.quote) for p in holding.provisions) if holding else (),
        status=holding.status if holding else "",
        confidence=holding.confidence if holding else "",
        consequences=tuple(
            Consequence(kind=c.kind, text=c.text, document=c.document, provision=c.provision or "") for c in holding.consequences
        )
        if holding
        else (),
        parameters=tuple(_parameter(run, p) for p in (run.parameters or ())),
        false_positives=rule.false_positives,
        note=holding.note if holding else None,
    )


def _provision(rulebook: Rulebook, document: str, provision: str | None, quote: str | None) -> Provision:
    entry = rulebook.documents[document]
    title = entry.get("title")
    return Provision(
        document=document,
        provision=provision or "",
        quote=quote or "",
        url=str(entry.get("url") or ""),
        title=Text(str(title["en"]), str(title["ja"])) if isinstance(title, dict) else None,
    )


def _parameter(run: RuleRun, parameter: InForce) -> ParameterInForce:
    return ParameterInForce(
        name=parameter.name,
        value=parameter.value,
        unit=parameter.unit,
        set_by=parameter.set_by,
        source=_source(parameter.source),
        assumed=parameter.assumed,
        description=run.rule.parameters[parameter.name].description,
    )


def _source(source: Source | None) -> str:
    if source is None:
        return ""
    place = f"{source.document} {source.provision}" if source.provision else source.document
    return f"{place} ({source.note})" if source.note else place
