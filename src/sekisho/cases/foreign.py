"""A request to a foreign authority for assistance, filled from the case; it is executable only with reciprocity assured."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

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
    template = (files("sekisho.cases") / "page" / "letter.md").read_text(encoding="utf-8")
    return template.format(
        authority=request.authority,
        country=request.country,
        case=request.case,
        by=request.by,
        at=request.at,
        state_ja=state_ja,
        state_en=state_en,
        who=who,
        facts_ja=facts_ja,
        facts_en=facts_en,
        assured_ja=assured_ja,
        assured_en=assured_en,
    )


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
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'"><title>Request for assistance</title></head>'
    )
    return f"{head}<body>{''.join(body)}</body></html>\n"
