"""What of a certificate is shown: the day's figures, tiers as bars, clocks, the hot share over time, the proof and the reserve."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sekisho.console.alerts.models import SEVERITIES
from sekisho.console.custody.making import folder_of
from sekisho.console.custody.models import Certificate
from sekisho.custody.words import HOLDERS, TIERS, VERDICTS, law_of
from sekisho.liabilities.manifest import quantity, read_manifest
from sekisho.records import RecordsError
from sekisho.reserve.pictures import exceedance

WIDE: Final = 1000
"""Units a bar is wide; every bar is drawn in shares of it."""


def lang() -> str:
    """``ja`` or ``en``: the language of this page."""
    return "ja" if (get_language() or "en").startswith("ja") else "en"


def _word(pair: tuple[str, str]) -> str:
    return pair[1] if lang() == "ja" else pair[0]


def told_of(certificate: Certificate, name: str) -> dict[str, Any]:
    """A file of a certificate, read; empty where it is missing."""
    try:
        told: dict[str, Any] = msgspec.json.decode((folder_of(certificate) / name).read_bytes())
    except OSError:
        return {}
    return told


def certificate_content(told: dict[str, Any]) -> dict[str, Any]:
    """A certificate as its page has it."""
    language = lang()
    rules = {rule["rule"]: rule for rule in told["rules"]}
    return {
        "day": told["day"],
        "is_business_day": told["is_business_day"],
        "regime": told["regime"],
        "regime_title": told["regime"][f"title_{language}"],
        "cutoff": told["cutoff"],
        "verdicts": [
            {"rule": rule, "title": rules[rule][f"title_{language}"], "verdict": said, "words": _word(VERDICTS[said]),
             "why": rules[rule]["why"], "law": law_of(rules[rule])}
            for rule, said in told["verdicts"].items()
        ],
        "money": told["money"],
        "assets": [_asset(row) for row in told["assets"]],
        "totals": told["totals"],
        "shortfalls": [_shortfall(row, language) for row in told["shortfalls"]],
        "hot": _hot(told["hot_share"]),
        "warnings": told["warnings"],
        "capital": told["capital"],
        "tables": told["records"]["tables"],
    }  # fmt: skip


def _asset(row: dict[str, Any]) -> dict[str, Any]:
    whole = max(Decimal(row["owed"]), sum((Decimal(each["quantity"]) for each in row["holdings"]), Decimal(0))) or Decimal(1)
    parts, at = [], Decimal(0)
    for each in row["holdings"]:
        width = Decimal(each["quantity"]) / whole * WIDE
        parts.append(
            {
                "tier": each["tier"],
                "holder": each["holder"],
                "words": f"{_word(HOLDERS[each['holder']])}, {_word(TIERS[each['tier']])}",
                "quantity": each["quantity"],
                "counts_as_cold": each["counts_as_cold"],
                "wallets": len(each["wallets"]),
                "at": round(float(at), 2),
                "width": round(float(width), 2),
            }
        )
        at += width
    owed_at = round(float(Decimal(row["owed"]) / whole * WIDE), 2)
    shown = {key: value for key, value in row.items() if key not in ("evidence", "holdings")}
    described = "; ".join(f"{part['words']}: {part['quantity']}" for part in parts)
    return {
        **shown,
        "is_short": row["observed"] and Decimal(row["short"]) > 0,
        "bar": parts,
        "owed_at": owed_at,
        "described": described,
    }


def _shortfall(row: dict[str, Any], language: str) -> dict[str, Any]:
    """One shortfall with its clock; the day it was due by is a day of Japan."""
    return {
        "rule": row["rule"],
        "title": row[f"title_{language}"],
        "summary": row[f"summary_{language}"],
        "severity": row["severity"],
        "severity_words": str(dict(SEVERITIES)[row["severity"]]),
        "asset": row["asset"],
        "amount_jpy": row["amount_jpy"],
        "first_day": row["first_day"],
        "last_day": row["last_day"],
        "deadline": row["deadline"],
        "cured_on": row["cured_on"],
        "state": row["state"],
        "law": row["law"],
        "finding_id": row["finding_id"],
        "evidence": len(row["evidence"]),
    }


def _hot(hot: dict[str, Any]) -> dict[str, Any]:
    """The share outside cold storage now and by day, with the line the law draws."""
    days = hot["over_time"]
    times = [int(datetime.fromisoformat(f"{each['day']}T00:00:00+09:00").timestamp()) for each in days]
    limit = None if hot["share_max"] is None else float(hot["share_max"])

    def values(name: str) -> list[float | None]:
        return [None if each[name] is None else float(each[name]) for each in days]

    series = [
        {"label": _("outside cold storage at the cut-off"), "color": "--accent", "values": values("share")},
        {"label": _("highest of the day"), "color": "--high", "values": values("highest_share")},
    ]
    if limit is not None:
        series.append({"label": _("limit"), "color": "--critical", "dash": [6, 4], "values": [limit] * len(days)})
    return {
        "share": hot["share"],
        "share_max": hot["share_max"],
        "internal_share_max": hot["internal_share_max"],
        "above": hot["share"] is not None and hot["share_max"] is not None and Decimal(hot["share"]) > Decimal(hot["share_max"]),
        "excess_jpy": hot["excess_jpy"],
        "highest": hot["highest"] and {name: hot["highest"][name] for name in ("at_japan", "share", "above_max")},
        "days": [
            {name: each[name] for name in ("day", "share", "highest_share", "outside_jpy", "owed_jpy", "above_max")}
            for each in days
        ],
        "chart": {"time": _("Day"), "unit": "%", "times": times, "series": series} if len(days) > 1 else None,
    }


def proof_content(told: dict[str, Any]) -> dict[str, Any]:
    """The last published proof of liabilities, and whether its totals are what the certificate says is owed."""
    folder = settings.CHOSEN.proof
    if folder is None:
        return {"state": "none", "why": _("No proof of liabilities is known to this console: set proof in its settings.")}
    try:
        manifest = read_manifest(Path(settings.FOLDER / folder))
    except RecordsError as error:
        return {"state": "broken", "why": str(error)}
    terms = manifest.terms
    owed = {row["asset"]: row["owed"] for row in told["assets"]} | {"JPY": told["money"]["owed_jpy"]}
    totals = [
        {"asset": asset.symbol, "total": quantity(total, asset.scale), "owed": owed.get(asset.symbol)}
        for asset, total in zip(terms.assets, manifest.totals, strict=True)
    ]
    same_day = terms.day == told["day"]
    equal = all(row["owed"] is not None and Decimal(str(row["total"])) == Decimal(str(row["owed"])) for row in totals)
    return {
        "state": "other_day" if not same_day else "equal" if equal else "differs",
        "why": "",
        "day": terms.day,
        "venue": terms.venue,
        "clients": terms.clients,
        "root": manifest.root.hex(),
        "totals": totals,
        "age_days": (date.fromisoformat(told["day"]) - date.fromisoformat(terms.day)).days,
    }


def reserve_content(told: dict[str, Any]) -> dict[str, Any]:
    """The reserve estimate in short, with the curve behind it."""
    if told.get("status") != "estimate":
        return {"status": told.get("status", "not_estimated"), "why": told.get("why", "")}
    return {
        "status": "estimate",
        "statement": told[f"statement_{lang()}"],
        "required": told["required"],
        "cover": told["cover"],
        "exposure": told["exposure"],
        "loss_year": {name: told["loss_year"][name] for name in ("mean_jpy", "chance_of_a_loss", "levels")},
        "picture": exceedance(told, lang()),
    }
