"""A rule set on one day, as two plain functions: one for transfers, one for orders."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from sekisho.engine.answers import Outcome, Reason
from sekisho.engine.controls import load_control
from sekisho.engine.lookback import Signs, transfer_out
from sekisho.engine.requests import OrderRequest, TransferRequest
from sekisho.findings.finding import sentence_values
from sekisho.findings.sentence import say
from sekisho.gate.code_hash import code_hashes
from sekisho.gate.entries import Acted, Planned, Spoken
from sekisho.gate.messages import ORDER, TRANSFER, Applied, Cited, GateDown, Said, ValueUsed, encode
from sekisho.gate.own_steps import ASKS_FOR_STEPS, OwnSteps, own_steps
from sekisho.gate.rule_set import LISTED, RuleSet, rules_of
from sekisho.rulebook import Parameters, Rule, Rulebook, Undetermined
from sekisho.rulebook.texts import Text
from sekisho.typologies.payments import destination_kind, stated_words

if TYPE_CHECKING:
    from sekisho.engine.requests import View
    from sekisho.gate.messages import GateRequest
    from sekisho.gate.state import GateView

KINDS: Final[Mapping[str, type]] = {TRANSFER: TransferRequest, ORDER: OrderRequest}
FAILED: Final = "gate_failed"
UNDETERMINED: Final = "gate_undetermined"
OWN_SENTENCES: Final[Mapping[str, Text]] = {
    FAILED: Text(
        "The rule could not be applied ({error}); what cannot be judged does not go ahead.",
        "規則を適用できなかった（{error}）ため、判断できないものとして留保する。",
    ),
    UNDETERMINED: Text(
        "The rule has no value for {missing}; what cannot be judged does not go ahead.",
        "規則の値（{missing}）が定まっていないため、判断できないものとして留保する。",
    ),
}
"""What the gate itself says of a rule."""

Asking = Callable[["GateRequest", "View"], list[tuple[int, Reason]]]


@dataclass(frozen=True)
class Plan:
    """The rules of a set on a day: ``ask`` answers for each kind of request, ``cards`` describe the rules it asks."""

    planned: Planned
    ask: Mapping[str, Asking]
    fixed: Mapping[str, tuple[Spoken, ...]]
    grounds: tuple[Ground, ...]
    steps: OwnSteps | None

    def heard(self, kind: str, request: GateRequest, view: GateView, at: datetime) -> Heard:
        """Everything the rules say about a request, open values included, in order of the rules; and the gate's own steps."""
        said = [self._spoken(card, reason) for card, reason in self.ask[kind](request, view)]
        fixed = self.fixed[kind]
        if self.steps is None or not isinstance(request, TransferRequest) or request.direction != "out":
            return Heard(tuple(sorted((*said, *fixed), key=_place)) if fixed else tuple(said), ())
        about = request.transfer_id
        failed = {one.card for one in said if one.sentence == FAILED}
        taken = self.steps.taken(about, at, said, failed, view.events_of_request(about))
        view.add_events(about, taken)
        said += [self._spoken(card, reason) for card, reason in self.steps.ask(request, view)]
        return Heard(tuple(sorted((*said, *fixed), key=_place)), taken)

    def _spoken(self, card: int, reason: Reason) -> Spoken:
        ground = self.grounds[card]
        facts = dict(reason.facts)
        try:
            text = say(ground.sentence(reason.sentence), {"releases_at": reason.releases_at, **ground.values, **facts})
        except (LookupError, ValueError, AssertionError) as error:
            return self._spoken(card, _failed(error))
        return Spoken(
            card=card,
            key=f"{ground.rule.path}#{reason.sentence}",
            outcome=reason.outcome.name,
            sentence=reason.sentence,
            text=Said(text.en, text.ja),
            facts=msgspec.to_builtins(facts),
            releases_at=reason.releases_at,
        )

    def client_text(self, one: Spoken) -> Said | None:
        """The rule's own words for clients, sentence ``client_KEY`` of rule.yaml; None where it has none."""
        ground = self.grounds[one.card]
        template = ground.rule.sentences.get(f"client_{one.sentence}")
        return None if template is None else Said(*say(template, {**ground.values, **one.facts}))


class Heard(NamedTuple):
    """What the rules said, and the steps of its own that the gate took."""

    said: tuple[Spoken, ...]
    steps: tuple[Acted, ...]


def _place(one: Spoken) -> int:
    return one.card


@dataclass(frozen=True)
class Ground:
    """What a rule's sentences need: the rule and its values."""

    rule: Rule
    values: Mapping[str, object]

    def sentence(self, key: str) -> Text:
        """The template; a key that is not in rule.yaml is a fault of the control and raises KeyError."""
        return OWN_SENTENCES[key] if key in OWN_SENTENCES else self.rule.sentences[key]


def compile_plan(rule_set: RuleSet, rulebook: Rulebook, day: date) -> Plan:
    """The set on a Japan date; raises GateDown where the rule folders are no longer those that were committed."""
    rules = {rule.path: rule for rule in rules_of(rule_set, rulebook)}
    _refuse_other_folders(rule_set, rules)
    regime, law_day = rulebook.regime_on(rule_set.regime, day)
    assumed = rulebook.assumptions(list(rule_set.assume))
    held = [(rule, rule.parameters_in(regime, law_day, day, assumed.get(path, {}))) for path, rule in rules.items()]
    held = [(rule, p) for rule, p in held if rule.holding(regime, law_day) is not None]
    kinds = {rule.path: concerned_kinds(rule) for rule, _ in held}
    held = [(rule, p) for rule, p in held if kinds[rule.path]]
    cards = tuple(_card(rule, p, law_day, rule_set) for rule, p in held)
    numbers = {kind: tuple(n for n, (rule, _) in enumerate(held) if kind in kinds[rule.path]) for kind in KINDS}
    asked = {kind: [(n, *held[n]) for n in of_kind if not cards[n].undetermined] for kind, of_kind in numbers.items()}
    steps = own_steps(asked[TRANSFER], _compiled, rule_set.hash)
    if steps is not None:
        asked[TRANSFER] = [each for each in asked[TRANSFER] if ASKS_FOR_STEPS not in each[1].anchors]
    return Plan(
        planned=as_kept(Planned(rule_set=rule_set.hash, regime=regime, law_day=law_day, as_of=day, cards=cards, kinds=numbers)),
        ask={kind: _compiled(asked[kind]) for kind in KINDS},
        fixed={kind: tuple(_undetermined(n, cards[n]) for n in numbers[kind] if _holds_up(cards[n])) for kind in KINDS},
        grounds=tuple(Ground(rule, dict(sentence_values(p))) for rule, p in held),
        steps=steps,
    )


def as_kept(planned: Planned) -> Planned:
    """The same as it will be read from the journal: a decision has the same words now and then."""
    return msgspec.json.decode(encode(planned), type=Planned)


def concerned_kinds(rule: Rule) -> tuple[str, ...]:
    """The kinds of request a rule has anything to say about: those its first guard lets through, all where it has none."""
    decide = load_control(rule).decide
    assert decide is not None
    names = _guarded(decide)
    return tuple(kind for kind, named in KINDS.items() if names is None or named.__name__ in names)


def _guarded(decide: Callable[..., object]) -> frozenset[str] | None:
    """The classes of ``if not isinstance(request, X): return`` at the head of a ``decide``; None where it has no such guard."""
    function = ast.parse(textwrap.dedent(inspect.getsource(decide))).body[0]
    assert isinstance(function, ast.FunctionDef)
    request = function.args.args[0].arg
    for statement in function.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if not (isinstance(statement, ast.If) and isinstance(statement.body[0], ast.Return)):
            return None
        test = statement.test
        tests = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) else [test]
        return next((names for test in tests if (names := _classes(test, request)) is not None), None)
    return None


def _classes(test: ast.expr, request: str) -> frozenset[str] | None:
    match test:
        case ast.UnaryOp(ast.Not(), ast.Call(ast.Name("isinstance"), [ast.Name(name), classes])) if name == request:
            return frozenset(node.id for node in ast.walk(classes) if isinstance(node, ast.Name))
    return None


def _compiled(rules: list[tuple[int, Rule, Parameters]]) -> Asking:
    """One function that asks every rule in turn."""
    lines = ["def ask(request, view):", "    said = []", *_OUT_TO]
    names: dict[str, Any] = {"failed": _failed, "TransferRequest": TransferRequest, "destination_kind": destination_kind}
    for number, rule, parameters in rules:
        decide = load_control(rule).decide
        assert decide is not None
        names[f"p_{number}"] = _plain(parameters)
        signs = _signs_of(decide)
        if signs is None:
            names[f"decide_{number}"] = decide
            lines += [*_asked(number, f"decide_{number}(request, view, p_{number})", "reason")]
        else:
            names[f"signs_{number}"] = signs.function
            stated = parameters.counterparties if signs.of_some_counterparties else None
            names[f"kinds_{number}"] = _ANYBODY if stated is None else stated_words(stated)
            lines.append(f"    if out_to in kinds_{number}:")
            lines += [f"    {line}" for line in _asked(number, f"signs_{number}(request, view, p_{number})", "reason.reason")]
    lines.append("    return said")
    exec(compile("\n".join(lines), "<rules of the gate>", "exec"), names)
    asking: Asking = names["ask"]
    return asking


_OUT_TO: Final = (
    "    out_to = None",
    "    if isinstance(request, TransferRequest) and request.direction == 'out':",
    "        out_to = destination_kind(request.counterparty, request.counterparty_vasp)",
)
"""The kind of wallet a transfer goes out to; None for every other request."""


class _Anybody:
    """Every kind of wallet that a transfer can go out to."""

    def __contains__(self, kind: object) -> bool:
        return kind is not None


_ANYBODY: Final = _Anybody()


def _asked(number: int, call: str, told: str) -> Iterator[str]:
    """The lines that ask one rule; a rule that fails holds the request up and says so."""
    yield "    try:"
    yield f"        for reason in {call}:"
    yield f"            said.append(({number}, {told}))"
    yield "    except Exception as error:"
    yield f"        said.append(({number}, failed(error)))"


class _SignsOf(NamedTuple):
    """What a rule says of transfers out: its signs, and whether it concerns the parameter ``counterparties`` alone."""

    function: Signs
    of_some_counterparties: bool


def _signs_of(decide: Callable[..., object]) -> _SignsOf | None:
    """The signs behind a ``decide`` that does nothing but ask for them (engine/lookback.py); None for every other.

    Most rules are written so. Asked directly, without the two generators around them, they cost half as much.
    """
    function = ast.parse(textwrap.dedent(inspect.getsource(decide))).body[0]
    assert isinstance(function, ast.FunctionDef)
    told = "\n".join(ast.unparse(statement) for statement in function.body[1:])
    known = decide.__globals__
    if told not in _SIGNS_ALONE or known.get("transfer_out") is not transfer_out or "_signs" not in known:
        return None
    return _SignsOf(known["_signs"], of_some_counterparties=_SIGNS_ALONE[told])


_THEN: Final = "if asked is not None:\n    yield from (sign.reason for sign in _signs(asked, view, p))"
_SIGNS_ALONE: Final = {
    f"asked = transfer_out(request, p.counterparties)\n{_THEN}": True,
    f"asked = transfer_out(request)\n{_THEN}": False,
}


def _plain(parameters: Parameters) -> Parameters:
    """The same parameters with every value a plain attribute, so that reading one costs nothing."""
    plain = Parameters(parameters.rule, parameters.regime, parameters.as_of, parameters.in_force, parameters._optional)
    vars(plain).update({one.name: getattr(parameters, one.name) for one in parameters})
    return plain


def _failed(error: Exception) -> Reason:
    told = str(error) if isinstance(error, Undetermined) else f"{type(error).__name__}: {error}"
    return Reason(outcome=Outcome.hold, sentence=FAILED, facts={"error": told[:300]})


def _holds_up(card: Applied) -> bool:
    return bool(card.undetermined) and card.outcome != "allow"


def _undetermined(number: int, card: Applied) -> Spoken:
    missing = ", ".join(card.undetermined)
    text = say(OWN_SENTENCES[UNDETERMINED], {"missing": missing})
    facts = {"missing": list(card.undetermined)}
    return Spoken(
        card=number,
        key=f"{card.rule}#{UNDETERMINED}",
        outcome=card.outcome,
        sentence=UNDETERMINED,
        text=Said(text.en, text.ja),
        facts=facts,
    )


def _card(rule: Rule, parameters: Parameters, law_day: date, rule_set: RuleSet) -> Applied:
    holding = rule.holding(parameters.regime, law_day)
    assert holding is not None
    missing = parameters.missing()
    meant = rule_set.when_undetermined(rule.path)
    return Applied(
        rule=rule.path,
        rule_hash=rule.hash,
        title=Said(*rule.title),
        status=holding.status,
        outcome="allow" if not missing or meant == LISTED else meant,
        undetermined=missing,
        parameters={one.name: _value(one) for one in parameters},
        provisions=tuple(Cited(each.document, each.provision, each.quote) for each in holding.provisions),
    )


def _value(one: Any) -> ValueUsed:
    source = one.source
    named = None if source is None else " ".join(filter(None, (source.document, source.provision, f"({source.confidence})")))
    return ValueUsed(value=one.value, unit=one.unit, set_by=one.set_by, assumed=one.assumed, source=named)


def _refuse_other_folders(rule_set: RuleSet, rules: Mapping[str, Rule]) -> None:
    """A committed set judges by the very folders it was committed with."""
    if not rule_set.folders:
        return
    here = {path: rule.hash for path, rule in rules.items()}
    # A set that was committed before the code beneath was part of it says nothing of that code.
    here |= {name: code for name, code in code_hashes().items() if name in rule_set.folders}
    if other := sorted(_differing(rule_set.folders, here)):
        raise GateDown(
            f"rule set {rule_set.name} ({rule_set.hash[:12]}) was committed with other rules or other code than installed: "
            f"{', '.join(other)}; draft, commit and activate it anew, or install the version it was committed with"
        )


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[str]:
    return (path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
