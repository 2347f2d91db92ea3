# ruff: noqa: E501 - a sentence stands whole in both languages, so that it can be read and found
"""Notice of misconduct of an officer or employee, within two weeks of knowing (CAO 42)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sekisho.console.filings.fields import Content, Item, Kind, Section, Source
from sekisho.console.filings.kinds.case_facts import alerts_of, known_on, narrative
from sekisho.console.filings.kinds.firm import firm, of_the_firm
from sekisho.rulebook.texts import Text

_ASKED = "G16 Ⅱ-2-1-6-2①"


def _fill(source: Source) -> Content:
    case = source.case
    if case is None:
        return of_the_firm(source)
    alerts = alerts_of(case)
    return {**of_the_firm(source), "known_on": known_on(case, alerts), "outline": narrative(case, alerts)}


def _check(content: Content) -> Mapping[str, Text]:
    if content.get("from_on") and date.fromisoformat(content["from_on"]) > date.fromisoformat(content["known_on"]):
        return {"from_on": Text("this is after it became known", "知った日より後です")}
    return {}


KIND = Kind(
    name="misconduct",
    code="MIS",
    title=Text("Notice of misconduct", "法令違反行為等届出書（不祥事件届出）"),
    to=Text("the local finance bureau", "財務局長等"),
    form=Text(
        "Form 16 of the Order; the items are those of CAO 42 and what the guideline asks about. Its layout is not among the texts read.",
        "府令別紙様式第16号：記載事項は府令第42条各号及び事務ガイドラインのヒアリング事項による。様式の体裁は未確認。",
    ),
    provision="CAO 42(1)",
    chapter="client_assets",
    from_case=True,
    from_incident=True,
    answers=(("reporting/misconduct_notice", "misconduct_notice"),),
    fill=_fill,
    check=_check,
    sections=(
        firm("CAO 42(1)", verified=False),
        Section(
            title=Text("The act", "当該行為"),
            items=(
                Item(name="known_on", title=Text("Known since", "知った日（発覚年月日）"), written="day", provision="CAO 42(1)"),
                Item(name="office", title=Text("Office", "発生した営業所の名称"), provision="CAO 42(1)(i)"),
                Item(
                    name="who",
                    title=Text("Who did it: name and office held", "行為者の氏名又は名称及び役職名"),
                    provision="CAO 42(1)(ii)",
                    personal=True,
                ),
                Item(name="outline", title=Text("Outline", "行為の概要"), written="words", provision="CAO 42(1)(iii)"),
                Item(name="from_on", title=Text("Went on from", "発生期間（始）"), written="day", provision=_ASKED, optional=True),
                Item(name="until_on", title=Text("Until", "発生期間（終）"), written="day", provision=_ASKED, optional=True),
                Item(
                    name="how_found", title=Text("How it came out", "発覚の端緒"), written="words", provision=_ASKED, optional=True
                ),
                Item(name="cause", title=Text("Causes", "発生原因分析"), written="words", provision=_ASKED, optional=True),
                Item(
                    name="measures",
                    title=Text("Improvement and response", "改善・対応策"),
                    written="words",
                    provision=_ASKED,
                    optional=True,
                ),
                Item(
                    name="police",
                    title=Text("Police and others told", "警察等関係機関への通報"),
                    written="words",
                    provision=f"{_ASKED}ロ",
                    optional=True,
                ),
            ),
        ),
    ),
)
