"""A rule: what it asks, whom it binds, where it stands in the law, and which numbers it uses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Formatter

from sekisho.rulebook.parameters import _EXACT_UNITS, InForce, Parameter, Parameters, Value, read_parameter, take_provision
from sekisho.rulebook.regimes import CONFIDENCES, STATUSES
from sekisho.rulebook.strict_yaml import Reader, RulebookError, read_yaml
from sekisho.rulebook.texts import Text, maybe_text, read_text, reveals, take_text

QUESTIONS = ("detect", "decide", "compute", "due", "attest")
BINDS = frozenset(
    {
        "exchange", "any_person", "issuer", "intermediary", "sro", "authority", "bank_group",
        "dex_ui_provider", "dex_developer", "customer", "custody_vendor", "unregistered_operator",
    }
)  # fmt: skip
OVER = frozenset({"records", "case"})
"""What a rule answers over: the books, or a case file given to ``sekisho penalty``, which an inspection does not have."""
CONSEQUENCES = frozenset({"criminal", "monetary_penalty", "administrative", "sro", "civil"})
SEVERITIES = ("low", "medium", "high", "critical")
_DURATION = re.compile(r"P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$")
_RULE_PATH = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """A place in a document, and the Japanese sentence the rule rests on."""

    document: str
    provision: str | None
    quote: str | None
    checked_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What follows from a breach, and under which provision."""

    kind: str
    document: str
    provision: str | None
    confidence: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The rule as it stands under some regimes, over ``[starts_on, until)``."""

    regimes: tuple[str, ...]
    status: str
    confidence: str
    analogy: bool
    starts_on: date | None
    until: date | None
    provisions: tuple[Provision, ...]
    consequences: tuple[Consequence, ...]
    note: Text | None

    def applies(self, regime: str, day: date) -> bool:
        """Whether the rule holds under the regime on that day of law."""
        in_time = (self.starts_on is None or self.starts_on <= day) and (self.until is None or day < self.until)
        return regime in self.regimes and in_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """Something no record can show: what, with which evidence, by whom, independent of whom, how often."""

    item: Text
    evidence: Text
    by: str
    independent_of: str | None
    every: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule folder. ``path`` (``client_assets/cold_storage``) is its only name.

    ``sentences`` are for the staff. ``client`` is what the client may read when the rule holds or refuses something of hers,
    ``warnings`` are the texts a rule wants shown to her before, by the key its reasons name.
    """

    path: str
    folder: Path
    hash: str
    title: Text
    statement: Text
    binds: tuple[str, ...]
    questions: tuple[str, ...]
    over: str
    needs: tuple[str, ...]
    uses: tuple[str, ...]
    severity: tuple[tuple[str, Decimal], ...]
    holdings: tuple[Holding, ...]
    parameters: Mapping[str, Parameter]
    attestations: tuple[Attestation, ...]
    sentences: Mapping[str, Text]
    client: Text | None
    warnings: Mapping[str, Text]
    false_positives: tuple[Text, ...]
    anchors: tuple[str, ...]

    @property
    def has_control(self) -> bool:
        """Whether the rule can run; one that is written down but has no control.py yet cannot."""
        return (self.folder / "control.py").is_file()

    @property
    def chapter(self) -> str:
        """The chapter folder the rule stands in."""
        return self.path.partition("/")[0]

    def holding(self, regime: str, day: date) -> Holding | None:
        """How the rule stands under the regime on ``day``; None where it does not hold."""
        return next((h for h in self.holdings if h.applies(regime, day)), None)

    def severity_of(self, score: Decimal) -> str:
        """The severity of a score on the rule's own scale."""
        return next(name for name, start in reversed(self.severity) if score >= start)

    def parameters_in(self, regime: str, day: date, as_of: date, assumed: Mapping[str, Value]) -> Parameters:
        """The parameters in force under ``regime`` on ``day`` of law, with a user's assumptions on top."""
        in_force = {}
        for name, parameter in self.parameters.items():
            dated = parameter.dated(regime, day)
            value = dated.value if dated else None
            if name in assumed:
                value = assumed[name]
                if parameter.unit in _EXACT_UNITS and isinstance(value, int) and not isinstance(value, bool):
                    value = Decimal(value)
            in_force[name] = InForce(
                name=name,
                value=value,
                unit=parameter.unit,
                set_by=parameter.set_by,
                assumed=name in assumed,
                source=None if name in assumed or dated is None else dated.source,
            )
        optional = frozenset(n for n, p in self.parameters.items() if p.optional)
        return Parameters(self.path, regime, as_of, in_force, optional)

    @property
    def citations(self) -> Iterator[tuple[str, str | None, str | None]]:
        """Every (document, provision, quote) the rule cites: provisions, consequences, sources of values."""
        for holding in self.holdings:
            for provision in holding.provisions:
                yield provision.document, provision.provision, provision.quote
            for consequence in holding.consequences:
                yield consequence.document, consequence.provision, None
        for parameter in self.parameters.values():
            for value in parameter.values:
                yield value.source.document, value.source.provision, None


def read_rule(folder: Path, path: str, regimes: frozenset[str], documents: frozenset[str], anchors: frozenset[str] | None) -> Rule:
    """Read a rule folder strictly; raises RulebookError naming file and line."""
    file = folder / "rule.yaml"
    if not _RULE_PATH.match(path):
        raise RulebookError(f"{file}: a rule's path is chapter/name in small letters, digits and underscores")
    reader = Reader(read_yaml(file), "rule", file)
    questions = reader.words("questions", frozenset(QUESTIONS), required=True)
    parameters = reader.inside("parameters", "parameters") if "parameters" in reader.mapped else None
    rule = Rule(
        path=path,
        folder=folder,
        hash=folder_hash(folder),
        title=take_text(reader, "title"),
        statement=take_text(reader, "statement"),
        binds=reader.words("binds", BINDS, required=True),
        questions=questions,
        over=reader.word("over", OVER) if "over" in reader.mapped else "records",
        needs=reader.words("needs"),
        uses=reader.words("uses"),
        severity=_severity(reader),
        holdings=_holdings(reader, regimes, documents),
        parameters=_parameters(parameters, regimes, documents) if parameters else {},
        attestations=reader.each("attest", _attestation, what="attestation"),
        sentences=_sentences(reader),
        client=_client(reader),
        warnings=_warnings(reader),
        false_positives=reader.each("false_positives", read_text, what="false positive"),
        anchors=reader.words("anchors"),
    )
    reader.done()
    _check(rule, reader, anchors)
    return rule


def folder_hash(folder: Path) -> str:
    """SHA-256 over the names and bytes of the rule's files: what exactly was run."""
    digest = hashlib.sha256()
    for file in sorted(f for f in folder.iterdir() if f.suffix in {".yaml", ".py"}):
        content = file.read_bytes()
        digest.update(f"{file.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _severity(reader: Reader) -> tuple[tuple[str, Decimal], ...]:
    if "severity" not in reader.mapped:
        return (("medium", Decimal(0)),)
    inside = reader.inside("severity", "severity")
    scale = [(name, inside.take(name, Decimal)) for name in SEVERITIES if name in inside.mapped]
    inside.done()
    starts = [start for _, start in scale]
    if not scale or starts[0] != 0 or starts != sorted(set(starts)):
        raise reader.error("severity: the scale starts at 0 and rises from low to critical", "severity")
    return tuple(scale)


def _holdings(reader: Reader, regimes: frozenset[str], documents: frozenset[str]) -> tuple[Holding, ...]:
    def consequence(inside: Reader) -> Consequence:
        return Consequence(
            kind=inside.word("kind", CONSEQUENCES),
            document=inside.word("document", documents),
            provision=take_provision(inside),
            confidence=inside.word("confidence", CONFIDENCES) if "confidence" in inside.mapped else "confirmed",
            text=take_text(inside, "text"),
        )

    def provision(inside: Reader) -> Provision:
        return Provision(
            document=inside.word("document", documents),
            provision=take_provision(inside),
            quote=inside.maybe("quote", str),
            checked_on=inside.take("checked_on", date),
        )

    def holding(inside: Reader) -> Holding:
        entry = Holding(
            regimes=inside.words("regime", regimes, required=True),
            status=inside.word("status", STATUSES),
            confidence=inside.word("confidence", CONFIDENCES),
            analogy=inside.take_or("analogy", bool, False),
            starts_on=inside.maybe("from", date),
            until=inside.maybe("until", date),
            provisions=inside.each("provisions", provision, what="provision"),
            consequences=inside.each("consequence", consequence, what="consequence"),
            note=maybe_text(inside, "note"),
        )
        if not entry.provisions and (entry.confidence == "confirmed" or entry.note is None):
            raise inside.error("regimes: an entry without provisions is not 'confirmed' and says why in a note", "provisions")
        for other in seen:
            if set(other.regimes) & set(entry.regimes) and _overlap(other, entry):
                raise inside.error("regimes: two entries for the same regime on the same days", "regime")
        seen.append(entry)
        return entry

    seen: list[Holding] = []
    holdings = reader.each("regimes", holding, what="regimes")
    if not holdings:
        raise reader.error("rule: 'regimes' is missing; a rule holds somewhere")
    return holdings


def _overlap(one: Holding, other: Holding) -> bool:
    return (one.starts_on or date.min) < (other.until or date.max) and (other.starts_on or date.min) < (one.until or date.max)


def _parameters(reader: Reader, regimes: frozenset[str], documents: frozenset[str]) -> dict[str, Parameter]:
    parameters = {}
    for name, inside in reader.entries():
        if not name.isidentifier() or name in {"as_of", "regime", "rule", "in_force", "missing", "why"}:
            raise reader.error(f"parameter '{name}' must be a plain word that is not taken", name)
        parameters[name] = read_parameter(name, inside, regimes, documents)
        inside.done()
    return parameters


def _attestation(reader: Reader) -> Attestation:
    every = reader.maybe("every", str)
    if every is not None and (every == "P" or not _DURATION.match(every)):
        raise reader.error(f"attestation: 'every: {every}' is not a period such as P1Y or P3M", "every")
    return Attestation(
        item=take_text(reader, "item"),
        evidence=take_text(reader, "evidence"),
        by=reader.take("by", str),
        independent_of=reader.maybe("independent_of", str),
        every=every,
    )


def _sentences(reader: Reader) -> dict[str, Text]:
    if "sentences" not in reader.mapped:
        return {}
    inside = reader.inside("sentences", "sentences")
    sentences = {name: take_text(inside, name) for name in list(inside.mapped)}
    for name, text in sentences.items():
        if _fields(text.en) != _fields(text.ja):
            only = sorted(_fields(text.en) ^ _fields(text.ja))
            raise inside.error(f"sentence '{name}': {', '.join(only)} stands in one language only", name)
    return sentences


def _client(reader: Reader) -> Text | None:
    text = maybe_text(reader, "client")
    if text is None:
        return None
    for said in text:
        if _fields(said):
            raise reader.error("client: the client's sentence names no facts; what is known of a case stays inside", "client")
        if word := reveals(said):
            raise reader.error(f"client: '{word}' would tell the client of a suspicion (tipping-off, APTCP 8(4))", "client")
    return text


def _warnings(reader: Reader) -> dict[str, Text]:
    if "warnings" not in reader.mapped:
        return {}
    inside = reader.inside("warnings", "warnings")
    return {name: take_text(inside, name) for name in list(inside.mapped)}


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def _check(rule: Rule, reader: Reader, anchors: frozenset[str] | None) -> None:
    for anchor in rule.anchors:
        if anchors is not None and anchor not in anchors:
            raise reader.error(f"anchor '{anchor}' is not in the list of what the framework asks for", "anchors")
    if not rule.false_positives:
        raise reader.error("rule: 'false_positives' is missing; say what innocent thing this rule may catch")
    if ("attest" in rule.questions) != bool(rule.attestations):
        raise reader.error("rule: 'attest' items are given if and only if the rule asks 'attest'", "questions")
    if rule.over == "case" and (set(rule.questions) != {"compute"} or rule.needs or rule.uses):
        raise reader.error("rule: 'over: case' goes with 'questions: [compute]' and no tables", "over")
    speaking = {"detect", "decide", "due"} & set(rule.questions)
    if speaking and "default" not in rule.sentences:
        raise reader.error("rule: 'sentences' needs a 'default'; a finding says itself in one sentence")
