# ruff: noqa: E501 - a sentence stands whole in both languages, so that it can be read and found
"""Reports of faults and cyber incidents: the report of the guideline, and the common forms for DDoS and ransomware.

The guideline names what is to be reported and when; the boxes of its form 1 and of the two common forms of the ministries are not
among the texts read. Items of the common forms that public descriptions of them name are here, each marked as not verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sekisho.console.filings.fields import Content, Item, Kind, Section, Source
from sekisho.console.filings.kinds.case_facts import alerts_of, jst, narrative
from sekisho.console.filings.kinds.firm import firm, of_the_firm
from sekisho.rulebook.texts import Text

_G16 = "G16 Ⅱ-2-3-1-1-3"
_STAGES = (
    ("first", Text("first report, on recognition", "第一報（認識時）")),
    ("status", Text("state within a month", "現状報告（1か月以内）")),
    ("recovery", Text("on recovery", "復旧時")),
    ("cause", Text("when the cause is known", "原因解明時")),
)
_STATES = (
    ("continues", Text("continues", "継続中")),
    ("partly", Text("partly recovered", "一部復旧")),
    ("recovered", Text("recovered", "復旧済み")),
    ("warned", Text("announced or detected, no fault yet", "予告・検知のみ（障害未発生）")),
)
_ANSWERS = (
    ("reporting/incident_report", "incident_first_report"),
    ("reporting/incident_report", "incident_status_report"),
    ("reporting/incident_report", "incident_recovery_report"),
    ("reporting/incident_report", "incident_cause_report"),
    ("client_assets/unauthorised_outflow", "status_report"),
)
_NOT_READ = Text(
    "named in public descriptions of the form; the form itself was not read", "公表資料の紹介記事による項目（様式自体は未確認）"
)


def _happened() -> Section:
    return Section(
        title=Text("What happened", "事案の概要"),
        items=(
            Item(name="incident_id", title=Text("Incident (own number)", "事案番号（自社）"), verified=False, optional=True),
            Item(name="stage", title=Text("Which report", "報告の区分"), written="choice", provision=_G16, choices=_STAGES),
            Item(name="known_at", title=Text("Recognised (Japan time)", "認識日時"), written="moment", provision=_G16),
            Item(
                name="began_at",
                title=Text("Began (Japan time)", "発生日時"),
                written="moment",
                provision=_G16,
                optional=True,
                hint=Text("leave empty while it is not known", "不明の場合は空欄"),
            ),
            Item(name="state", title=Text("State", "現在の状況"), written="choice", provision=_G16, choices=_STATES),
            Item(
                name="recovered_at",
                title=Text("Recovered (Japan time)", "復旧日時"),
                written="moment",
                provision=_G16,
                optional=True,
            ),
            Item(
                name="systems",
                title=Text("Systems and devices", "障害が発生したシステム・機器"),
                written="words",
                provision=f"{_G16}①",
            ),
            Item(name="facts", title=Text("Facts", "事実関係"), written="words", provision=f"{_G16}③"),
        ),
    )


def _effects() -> Section:
    return Section(
        title=Text("Effect and response", "影響及び対応"),
        items=(
            Item(
                name="business",
                title=Text("Delay or stop of the business", "業務の遅延・停止等"),
                written="words",
                provision=f"{_G16}①イ",
            ),
            Item(name="clients", title=Text("Effect on clients", "利用者への影響"), written="words", provision=f"{_G16}①イ"),
            Item(
                name="outflow_jpy",
                title=Text("Crypto-assets lost (JPY)", "流出した暗号資産（円換算）"),
                written="yen",
                verified=False,
                optional=True,
            ),
            Item(
                name="personal_data",
                title=Text("Leak of personal data", "個人データの漏えい等"),
                written="choice",
                verified=False,
                choices=(
                    ("none", Text("none", "なし")),
                    ("possible", Text("possible", "おそれあり")),
                    ("yes", Text("yes", "あり")),
                    ("unknown", Text("not known yet", "調査中")),
                ),
            ),
            Item(name="measures", title=Text("Measures taken", "講じた措置"), written="words", provision=f"{_G16}③"),
            Item(
                name="told_clients",
                title=Text("What clients and the public were told", "利用者・一般への周知"),
                written="words",
                provision=f"{_G16}③",
                optional=True,
            ),
            Item(name="cause", title=Text("Cause", "原因"), written="words", provision=_G16, optional=True),
            Item(name="prevention", title=Text("Prevention", "再発防止策"), written="words", verified=False, optional=True),
            Item(
                name="told_others",
                title=Text("Police and other authorities told", "警察等への連絡"),
                written="words",
                verified=False,
                optional=True,
            ),
        ),
    )


def _fill(source: Source) -> Content:
    case = source.case
    filled = {**of_the_firm(source), "incident_id": source.incident_id, "stage": "first", "personal_data": "unknown"}
    if case is None:
        return filled
    alerts = alerts_of(case)
    known = sum((alert.amount_jpy for alert in alerts if alert.amount_jpy is not None), start=0)
    return {
        **filled,
        "known_at": jst(case.opened_at),
        "began_at": jst(min(alert.window_from for alert in alerts)) if alerts else "",
        "state": "continues",
        "facts": narrative(case, alerts),
        "outflow_jpy": f"{known.normalize():f}" if known else "",
    }


def _check(content: Content) -> Mapping[str, Text]:
    known, began, recovered = (
        datetime.fromisoformat(content[name]) if content.get(name) else None for name in ("known_at", "began_at", "recovered_at")
    )
    if began and known and began > known:
        return {"began_at": Text("this is after it was recognised", "認識日時より後です")}
    if content["stage"] == "recovery" and recovered is None:
        return {"recovered_at": Text("a report on recovery says when", "復旧時の報告には復旧日時が必要です")}
    if content["stage"] == "cause" and not content.get("cause"):
        return {"cause": Text("a report on the cause says what it is", "原因解明時の報告には原因が必要です")}
    return {}


def _kind(name: str, code: str, title: Text, form: Text, more: tuple[Section, ...] = ()) -> Kind:
    return Kind(
        name=name,
        code=code,
        title=title,
        to=Text("the local finance bureau (FSA)", "財務局（金融庁）"),
        form=form,
        provision=_G16,
        chapter="client_assets",
        from_case=True,
        from_incident=True,
        answers=_ANSWERS,
        fill=_fill,
        check=_check,
        sections=(firm(_G16, verified=False), _happened(), *more, _effects()),
    )


INCIDENT = _kind(
    "incident",
    "INC",
    Text("Report of a fault or cyber incident", "障害発生等報告書"),
    Text(
        "Guideline form 1 (障害発生等報告書): its boxes are not among the texts read; enter the content there.",
        "事務ガイドライン別紙様式1：各欄は未確認のため、内容を転記すること。",
    ),
)
DDOS = _kind(
    "ddos",
    "DDS",
    Text("Report of a DDoS attack (common form)", "DDoS攻撃事案の報告"),
    Text(
        "Common form 1 of the ministries' agreement of 28 May 2025, allowed by the guideline instead of form 1. The form was not read: "
        "items marked so come from public descriptions of it.",
        "関係省庁申合せ（令和7年5月28日）別添様式1（DDoS攻撃事案共通様式）。様式自体は未確認で、「未確認」の項目は公表資料の紹介記事による。",
    ),
    (
        Section(
            title=Text("The attack", "攻撃の内容"),
            items=(
                Item(
                    name="attack",
                    title=Text("Type of attack", "攻撃の種類"),
                    written="choice",
                    verified=False,
                    hint=_NOT_READ,
                    choices=(
                        ("direct", Text("direct network flood", "直接型ネットワークフラッド")),
                        ("reflection", Text("reflection or amplification", "リフレクション・増幅型")),
                        ("endpoint", Text("exhaustion of OS, service or application", "OS・サービス・アプリケーションの枯渇")),
                        ("other", Text("other", "その他")),
                        ("unknown", Text("not known", "不明")),
                    ),
                ),
                Item(
                    name="traffic",
                    title=Text("Traffic observed (Gbps, pps)", "観測した通信量（Gbps・pps）"),
                    verified=False,
                    optional=True,
                    hint=_NOT_READ,
                ),
                Item(name="lasted", title=Text("How long", "継続時間"), verified=False, hint=_NOT_READ),
                Item(
                    name="sources",
                    title=Text("Sources of the traffic", "送信元"),
                    written="words",
                    verified=False,
                    optional=True,
                    hint=_NOT_READ,
                ),
                Item(
                    name="threat",
                    title=Text("Demand or announcement", "脅迫・予告の有無及び内容"),
                    written="words",
                    verified=False,
                    optional=True,
                    hint=_NOT_READ,
                ),
            ),
        ),
    ),
)
RANSOMWARE = _kind(
    "ransomware",
    "RAN",
    Text("Report of a ransomware incident (common form)", "ランサムウェア事案の報告"),
    Text(
        "Common form 2 of the ministries' agreement of 28 May 2025, allowed by the guideline instead of form 1; it may serve as the report "
        "of a leak of personal data, too. The form was not read: items marked so come from public descriptions of it.",
        "関係省庁申合せ（令和7年5月28日）別添様式2（ランサムウェア事案共通様式）。個人データの漏えい等の報告を兼ねることができる。様式自体は未確認で、「未確認」の項目は公表資料の紹介記事による。",
    ),
    (
        Section(
            title=Text("The attack", "攻撃の内容"),
            items=(
                Item(
                    name="ransom_note",
                    title=Text("Ransom note", "ランサムノート（要求文言）"),
                    written="words",
                    verified=False,
                    hint=_NOT_READ,
                ),
                Item(
                    name="extension",
                    title=Text("Extension of encrypted files", "暗号化されたファイルの拡張子"),
                    verified=False,
                    optional=True,
                    hint=_NOT_READ,
                ),
                Item(
                    name="type",
                    title=Text("Type", "ランサムウェアの類型"),
                    written="choice",
                    verified=False,
                    hint=_NOT_READ,
                    choices=(
                        ("encrypted", Text("encryption", "暗号化")),
                        ("leak", Text("threat to publish, no encryption", "暴露の脅迫（暗号化なし）")),
                        ("both", Text("both", "暗号化及び暴露の脅迫")),
                        ("unknown", Text("not known", "不明")),
                    ),
                ),
                Item(name="way_in", title=Text("Way in", "侵入方法"), written="words", verified=False, hint=_NOT_READ),
                Item(
                    name="indicators",
                    title=Text("Indicators", "インディケータ情報"),
                    written="words",
                    verified=False,
                    optional=True,
                    hint=_NOT_READ,
                ),
            ),
        ),
    ),
)
KINDS = (INCIDENT, DDOS, RANSOMWARE)
