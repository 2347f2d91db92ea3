"""Three lines: has each control over client assets been shown to work by three different units within the year?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Fact, Found, Severity
from sekisho.engine.assessed_items import Name, custody_is_done, evidence_of, words
from sekisho.typologies.assessments import EXCHANGE, Assessment, read_assessments
from sekisho.typologies.custody import share
from sekisho.typologies.valuation import whole_days

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """For each control one finding for lines not shown to work, and one for each unit that fills two of them."""
    because = custody_is_done(records)
    assessments = read_assessments(records)
    for control in words(p.controls) if because else ():
        latest: dict[int, Assessment] = {}
        for each in assessments.of(control, EXCHANGE):
            if each.line is not None and each.done_on <= p.as_of:
                latest[each.line] = each
        counted = {line: each for line, each in latest.items() if _counts(each, p)}
        missing = [line for line in range(1, p.lines + 1) if line not in counted]
        if missing:
            facts: dict[str, Fact] = {"lines_missing": [str(line) for line in missing]}
            yield _found(control, "default", because, [*latest.values()], p, share(Decimal(len(missing)), Decimal(p.lines)), facts)
        yield from _same_unit(control, because, counted, p)


def _counts(each: Assessment, p: Parameters) -> bool:
    """Whether a look still counts, came out well and can be proven."""
    ends = each.runs_out_on(p.months_max)
    return each.result == "met" and bool(each.proof) and (ends is None or ends >= p.as_of)


def _same_unit(control: str, because: set[Name], counted: dict[int, Assessment], p: Parameters) -> Iterator[Found]:
    units: dict[str, list[int]] = defaultdict(list)
    for line, each in sorted(counted.items()):
        units[each.unit].append(line)
    for unit, lines in sorted(units.items()):
        if len(lines) > 1:
            facts: dict[str, Fact] = {"unit": unit, "lines_filled": [str(line) for line in lines]}
            yield _found(control, "same_unit", because, [counted[line] for line in lines], p, Decimal(1), facts)


def _found(
    control: str, sentence: str, because: set[Name], seen: list[Assessment], p: Parameters, score: Decimal, facts: dict[str, Fact]
) -> Found:
    return Found(
        subject_kind="control",
        subject_id=control,
        **whole_days(p.as_of, p.as_of),
        score=score,
        severity=Severity.medium,
        sentence=sentence,
        evidence=evidence_of({*because, *(each.name for each in seen)}),
        facts={"control": control, "day": p.as_of, **facts},
    )
