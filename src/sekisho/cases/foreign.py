"""A request to a foreign authority for assistance, filled from the case; it is executable only with reciprocity assured."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from sekisho.cases.result import Finding, subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Whom we ask, in which country (ISO 3166-1 alpha-2), and the document that assures reciprocity, if there is one."""

    authority: str
    country: str
    reciprocity: str | None
    case: str
    by: str
    at: str

    @property
    def executable(self) -> bool:
        """Whether an assurance of reciprocity is on file; without one the letter is a draft."""
        return bool(self.reciprocity and self.reciprocity.strip())


def record(request: Request) -> dict[str, object]:
    """The request as the register of requests keeps it."""
    return {
        "direction": "out",
        "authority": request.authority,
        "country": request.country,
        "reciprocity": request.reciprocity or "unknown",
        "executable": request.executable,
        "why": None if request.executable else "no assurance of reciprocity is on file",
        "case": request.case,
        "prepared_by": request.by,
        "prepared_at": request.at,
    }


def letter(request: Request, findings: Sequence[Finding]) -> str:
    """The letter in Markdown, Japanese first, English after."""
    assured_ja = request.reciprocity if request.executable else "不明（保証の文書が記録されていない）"
    assured_en = request.reciprocity if request.executable else "unknown (no document of assurance is on file)"
    state_ja = "発出可能" if request.executable else "草案。相互主義の保証が確認されるまで発出してはならない。"
    state_en = "may be sent" if request.executable else "DRAFT. Must not be sent before reciprocity is assured."
    facts_ja = "\n".join(_fact(f, f["summary_ja"]) for f in findings)
    facts_en = "\n".join(_fact(f, f["summary_en"]) for f in findings)
    who = "、".join(dict.fromkeys(name for f in findings for name in subjects(f)))
    return f"""# 調査協力の要請 / Request for assistance

**状態 / State:** {state_ja} / {state_en}

## 日本語

宛先: {request.authority}（{request.country}）
事件: {request.case}
作成: {request.by}、{request.at}

当局は、下記の事実に関し、貴当局の法令の範囲内で、関係する口座の名義人、取引記録及び資金・暗号資産の移転記録の提供について協力を要請する。

**対象者（口座等）:** {who}

**事実:**

{facts_ja}

**法的根拠:** 日本の法令が相手国の要請に応ずる場合の規定は金融商品取引法第189条であり、同条第2項第1号は相互主義の保証がない場合の処分を認めない。
日本からの要請の根拠となる覚書等（多国間覚書を含む）は、記録の限りで確認できる場合に限り次に記す。

**相互主義:** {assured_ja}

**用途:** 提供された情報は行政上の調査にのみ用い、刑事手続には用いない（第189条第4項の趣旨に準ずる）。
暗号資産に係る証券取引等監視委員会の調査権限は、改正法の本体施行日前は及ばない（2026年7月29日の公表）。

## English

To: {request.authority} ({request.country})
Case: {request.case}
Prepared by: {request.by}, {request.at}

We ask for your assistance, within your law, with the holders of the accounts concerned, their trading records and their transfers of funds and
crypto-assets, as to the following facts.

**Subjects (accounts):** {who}

**Facts:**

{facts_en}

**Legal basis:** Japan answers requests of foreign authorities under Article 189 of the Financial Instruments and Exchange Act, which refuses them without an
assurance of reciprocity (189(2)(i)). The memorandum or other arrangement under which Japan itself asks is named below only where it is on file.

**Reciprocity:** {assured_en}

**Use:** What is provided is used for the administrative investigation only, not in criminal proceedings (in the spirit of Article 189(4)).
Before the main date of Act No. 64 of 2026 the investigation powers of the Securities and Exchange Surveillance Commission do not reach crypto-asset
trading (notice of 29 July 2026).
"""


def _fact(finding: Finding, sentence: str) -> str:
    return f"* {finding['finding_id']}: {sentence}"


def page(markdown: str) -> str:
    """The letter as a page to print: headings, paragraphs and lists, nothing that runs."""
    body = []
    for block in markdown.strip().split("\n\n"):
        text = html.escape(block)
        while "**" in text:
            text = text.replace("**", "<b>", 1).replace("**", "</b>", 1)
        if block.startswith("#"):
            level = len(block) - len(block.lstrip("#"))
            body.append(f"<h{level}>{html.escape(block.lstrip('# '))}</h{level}>")
        elif block.startswith("* "):
            body.append("<ul>" + "".join(f"<li>{html.escape(line[2:])}</li>" for line in block.splitlines()) + "</ul>")
        else:
            body.append("<p>" + text.replace("\n", "<br>") + "</p>")
    head = (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\"><title>Request for assistance</title></head>"
    )
    return f"{head}<body>{''.join(body)}</body></html>\n"
