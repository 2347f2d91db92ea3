# ruff: noqa: E501 - a sentence stands whole in both languages, so that it can be read and found
"""The draft as a page to read and complete, and as JSON for a program; both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from sekisho.custody.incident import Draft, Statement, Terms, name_text
from sekisho.custody.trail_picture import trail_svg
from sekisho.rulebook.texts import Text
from sekisho.typologies.custody import Name
from sekisho.typologies.outflow_investigation import Investigation

REFS_MAX = 6
"""How many records a statement cites on the page; the rest are counted there and named in the JSON."""

_WORDS = {
    "title": Text("Incident report (draft)", "流出事案報告書（案）"),
    "draft": Text("DRAFT, to be completed and checked before it is sent", "案（提出前に補完及び確認を要する）"),
    "legend": Text(
        "Numbers in brackets name the records that prove a sentence. □ marks what no record tells and somebody has to fill in.",
        "角括弧の番号は根拠となる記録を示す。□は記録からは分からず、記入を要する事項である。",
    ),
    "nothing": Text("No outflow was found in the records given.", "与えられた記録に流出は見つからなかった。"),
    "clocks": Text("Terms", "期限"),
    "what": Text("what", "事項"),
    "due": Text("until", "期限"),
    "because": Text("counted how", "起算"),
    "source": Text("text", "根拠"),
    "records": Text("Records cited", "根拠となる記録"),
    "gaps": Text("Gaps in the logs", "ログの欠落"),
}
_NO_DAY = Text("no day named", "期日の定めなし")
_FIGURES = (Text("left custody", "流出数量"), Text("JPY at the time", "円換算額（流出時）"), Text("transactions", "取引数"),
            Text("client balances not wholly covered", "全額は裏付けられない利用者残高"), Text("hops followed", "追跡したホップ数"))  # fmt: skip


def said(text: Text, lang: str) -> str:
    """A text in one language."""
    return text.ja if lang == "ja" else text.en


def page(drafts: Sequence[Draft], investigation: Investigation, terms: Terms, as_of: date, lang: str) -> str:
    """The page in one language; one file, nothing fetched."""
    basis = Text(
        f"Prepared from the records up to {as_of}, under {terms.regime}, following G16 Ⅱ-2-2-4-2(4) and Ⅱ-2-3-1-1-3. The fields of form 1 are not among the texts read: transfer the content into the form.",
        f"{as_of}までの記録により、{terms.regime}の下で、事務ガイドライン第三分冊16 Ⅱ-2-2-4-2(4)及びⅡ-2-3-1-1-3に沿って作成。別紙様式1の記載欄は確認していないため、内容を様式に転記すること。",
    )
    words = {name: said(text, lang) for name, text in _WORDS.items()} | {"basis": said(basis, lang)}
    gaps = [] if drafts else [f"{gap.kind}: {gap.number}" for gap in investigation.gaps]
    return _template().render(lang=lang, words=words, events=[_event(draft, lang) for draft in drafts], gaps=gaps)


@cache
def _template() -> jinja2.Template:
    loader = jinja2.PackageLoader("sekisho.custody", "page")
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined).get_template("incident.html")


def _event(draft: Draft, lang: str) -> dict[str, Any]:
    records: dict[Name, int] = {}
    sections = [
        {"id": s.id, "title": said(s.title, lang), "lines": [_line(each, records, lang) for each in s.statements]}
        for s in draft.sections
    ]
    return {
        "number": draft.number,
        "title": said(draft.title, lang),
        "figures": [{"label": said(label, lang), "value": value} for label, value in zip(_FIGURES, _figures(draft), strict=True)],
        "sections": sections,
        "picture": Markup(picture(draft, lang)),  # our own SVG: every word in it is escaped there
        "clocks": [
            {
                "name": said(c.name, lang),
                "due": c.due or said(_NO_DAY, lang),
                "because": said(c.because, lang),
                "source": c.source,
            }
            for c in draft.clocks
        ],
        "records": [name_text(name) for name in records],
    }


def picture(draft: Draft, lang: str) -> str:
    """The trail of one event as SVG."""
    named = {wallet.address: wallet.wallet_id for wallet in draft.told.route.wallets}
    return trail_svg(draft.told.trail, named, lang)


def _figures(draft: Draft) -> tuple[str, ...]:
    told = draft.told
    amount = told.value.amount_jpy
    return (
        ", ".join(f"{quantity.normalize():,f} {asset}" for asset, quantity in told.event.lost.items()),
        "–" if amount is None else f"{amount.quantize(Decimal(1)):,f}",
        f"{len(told.event.txids):,}",
        f"{sum(cover.affected for cover in told.covers):,}" if any(cover.day for cover in told.covers) else "–",
        str(told.trail.hops),
    )


def _line(statement: Statement, records: dict[Name, int], lang: str) -> dict[str, Any]:
    shown = statement.evidence[:REFS_MAX]
    refs = [records.setdefault(name, len(records) + 1) for name in shown]
    more = len(statement.evidence) - len(shown)
    return {"text": said(statement.text, lang), "state": statement.state, "refs": refs, "more": more}


def report(drafts: Sequence[Draft], investigation: Investigation, terms: Terms, as_of: date) -> dict[str, Any]:
    """The whole answer for a program: quantities as exact text, times in UTC, every record named."""
    return {
        "rule": "client_assets/unauthorised_outflow",
        "regime": terms.regime,
        "as_of": as_of.isoformat(),
        "payments_out": investigation.legs_out,
        "payments_agreed_at_once": investigation.legs_agreed,
        "approval_register_given": investigation.register_known,
        "events": [_told(draft) for draft in drafts],
        "gaps": [
            {
                "kind": gap.kind,
                "number": gap.number,
                "items": list(gap.items),
                "quantities": {asset: _exact(quantity) for asset, quantity in gap.quantity},
                "evidence": _names(gap.names),
            }
            for gap in investigation.gaps
        ],
    }


def _told(draft: Draft) -> dict[str, Any]:
    told, event = draft.told, draft.told.event
    return {
        "number": draft.number,
        "title": {"en": draft.title.en, "ja": draft.title.ja},
        "first_at": event.first_at.isoformat(),
        "last_at": event.last_at.isoformat(),
        "kinds": list(event.kinds),
        "quantities": {asset: _exact(quantity) for asset, quantity in event.lost.items()},
        "amount_jpy": None if told.value.amount_jpy is None else _exact(told.value.amount_jpy),
        "not_valued": list(told.value.not_valued),
        "outflows": [
            {
                "kind": o.kind,
                "txid": o.payment.txid,
                "occurred_at": o.payment.occurred_at.isoformat(),
                "asset": o.payment.asset,
                "from_address": o.payment.row_from,
                "to_address": o.payment.row_to,
                "quantity": _exact(o.quantity),
                "authorised_by": o.payment.authorised_by,
                "approval": o.term.id if o.term else None,
                "approved_address": o.approved_address,
                "changed_at": o.changed_at,
                "look_alike": o.look_alike,
                "inferred": o.inferred,
                "evidence": _names(o.names),
            }
            for o in event.outflows
        ],
        "route": {
            "wallets": [
                {"wallet_id": w.wallet_id, "tier": w.tier, "signers_required": w.signers_required, "signers_total": w.signers_total}
                for w in told.route.wallets
            ],
            "single_signer": told.route.single_signer,
            "kept_together": list(told.route.kept_together),
            "requesters": list(told.route.requesters),
            "approvers": list(told.route.approvers),
            "signers": list(told.route.signers),
            "devices": list(told.route.devices),
        },
        "trail": [
            {
                "hop": s.hop,
                "txid": s.txid,
                "occurred_at": s.occurred_at.isoformat(),
                "asset": s.asset,
                "from_address": s.from_address,
                "to_address": s.to_address,
                "quantity": _exact(s.quantity),
            }
            for s in told.trail.steps
        ],
        "ends": [{"asset": e.asset, "address": e.address, "quantity": _exact(e.quantity), "why": e.why} for e in told.trail.ends],
        "peel_chains": [list(chain) for chain in told.trail.peels],
        "merges": list(told.trail.merges),
        "clients": [
            {
                "asset": c.asset,
                "day": c.day.isoformat() if c.day else None,
                "owed": _exact(c.owed),
                "held_before": None if c.held is None else _exact(c.held),
                "short": _exact(c.short),
                "clients": c.clients,
                "not_wholly_covered": c.affected,
                "guarantee": _exact(c.guarantee),
            }
            for c in told.covers
        ],
        "diverted_accounts": list(told.diverted),
        "under_same_keys": [
            {"wallet_id": h.wallet.wallet_id, "asset": h.wallet.asset, "quantity": _exact(h.quantity)} for h in told.at_risk
        ],
        "sections": [
            {
                "id": s.id,
                "title": {"en": s.title.en, "ja": s.title.ja},
                "statements": [
                    {"en": line.text.en, "ja": line.text.ja, "state": line.state, "evidence": _names(line.evidence)}
                    for line in s.statements
                ],
            }
            for s in draft.sections
        ],
        "terms": [
            {
                "name": {"en": c.name.en, "ja": c.name.ja},
                "due": c.due,
                "because": {"en": c.because.en, "ja": c.because.ja},
                "source": c.source,
            }
            for c in draft.clocks
        ],
    }


def _exact(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def _names(names: Any) -> list[dict[str, str]]:
    return [{"table": table, "id": id_} for table, id_ in sorted(names)]
