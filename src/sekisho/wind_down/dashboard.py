"""The administrator's dashboard: what is where, who can sign, what is missing, as data and as one offline page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import jinja2

from sekisho.records import Records
from sekisho.typologies.custody import MONEY, Observation, Wallet
from sekisho.typologies.estate import is_for_clients
from sekisho.typologies.valuation import EXACT, JAPAN, in_utc, starts_at
from sekisho.wind_down.account import account_of, text
from sekisho.wind_down.entitling import Written
from sekisho.wind_down.estate_books import Estate

STALE_HOURS = 24
CLOSING = (
    "closure_planned", "business_transfer_planned", "merger_planned", "dissolution_planned", "split_planned", "ceased",
    "insolvency_filed", "suspended", "revoked", "whereabouts_notice",
)  # fmt: skip
_FOLDER = Path(__file__).parent / "page"


def dashboard_of(records: Records, estate: Estate, written: Written) -> dict[str, Any]:
    """Everything an administrator asks on the first day, ready for JSON."""
    account = account_of(estate, written)
    keeping = _keeping(records, estate.asked.as_of)
    wallets = [_wallet(estate, wallet, keeping) for wallet in estate.chain.wallets]
    return {
        "as_of": estate.asked.as_of.isoformat(),
        "events": _events(records, estate.asked.as_of),
        "administrator": _administrator(records, estate.asked.as_of),
        "where": {"assets": account["assets"], "wallets": wallets, "trust": _trust(records, estate)},
        "returns": _returns(records, estate),
        "missing": list(_missing(account, estate, wallets)),
        "account": account,
    }


def page_of(told: dict[str, Any], language: str = "en") -> str:
    """One HTML page in English and Japanese that loads nothing from anywhere."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["grouped"] = grouped
    style = (_FOLDER / "dashboard.css").read_text(encoding="utf-8")
    environment.globals["percent"] = percent
    environment.globals["bars"] = {asset: _bar(told, asset) for asset in (one["asset"] for one in told["where"]["assets"])}
    return environment.get_template("dashboard.html").render(told=told, style=style, language=language)


def grouped(value: object) -> str:
    """Digits in groups of three; ``-`` where there is no figure."""
    if value is None or value == "":
        return "–"
    whole, dot, fraction = str(value).partition(".")
    return f"{int(whole):,}{dot}{fraction}"


def percent(ratio: str | None) -> str:
    """A ratio as a percentage, rounded down; 100 % only where nothing is missing."""
    if ratio is None:
        return "–"
    return f"{(Decimal(ratio) * 100).quantize(Decimal('0.0001'), rounding=ROUND_FLOOR):f}".rstrip("0").rstrip(".") + " %"


def _bar(told: dict[str, Any], asset: str) -> list[tuple[str, str]]:
    """The parts of what is there, and what is missing, as (kind, per cent of the longer of owed and there)."""
    row = next(one for one in told["where"]["assets"] if one["asset"] == asset)
    held = {"cold": Decimal(0), "hot": Decimal(0), "away": Decimal(0), "guarantee": Decimal(0)}
    for wallet in told["where"]["wallets"]:
        if wallet["asset"] == asset and wallet["for_clients"] and wallet["quantity"]:
            kind = "guarantee" if wallet["holder"] == "guarantee" else "away" if wallet["holder"] == "third_party" else "cold"
            held["hot" if kind == "cold" and wallet["tier"] != "cold" else kind] += Decimal(wallet["quantity"])
    if asset == MONEY:
        held["away"] = Decimal(row["there"])
    whole = max(Decimal(row["owed"]), sum(held.values(), Decimal(0))) or Decimal(1)
    parts = {**held, "gap": Decimal(row["shortfall"])}
    return [(kind, f"{quantity / whole * 100:.3f}") for kind, quantity in parts.items() if quantity]


def _wallet(estate: Estate, wallet: Wallet, keeping: Keeping) -> dict[str, Any]:
    """One wallet: where it is, what it holds and since when that is known, and who can move it."""
    seen: Sequence[Observation] = estate.chain.at(estate.asked.as_of, lambda one: one.wallet_id == wallet.wallet_id)
    held = seen[0] if seen else None
    lost = sum((one.quantity for one in estate.losses if one.wallet_id == wallet.wallet_id), Decimal(0))
    price = estate.price(wallet.asset, estate.days[0])
    quantity = EXACT.subtract(held.quantity, lost) if held else None
    age = starts_at(estate.asked.as_of + timedelta(days=1)) - held.observed_at if held else None
    return {
        "wallet_id": wallet.wallet_id,
        "asset": wallet.asset,
        "address": wallet.address,
        "tier": "hot" if wallet.tier == "hot" else "cold" if wallet.is_cold else "called_cold_was_online",
        "holder": wallet.holder,
        "for_clients": is_for_clients(wallet),
        "custodian": wallet.custodian,
        "quantity": text(quantity),
        "lost": text(lost) if lost else None,
        "value_jpy": text(EXACT.multiply(quantity, price).quantize(Decimal(1), rounding=ROUND_FLOOR))
        if quantity is not None and price
        else None,
        "observed_at": held.observed_at.strftime("%Y-%m-%dT%H:%M:%SZ") if held else None,
        "stale": age is None or age > timedelta(hours=STALE_HOURS),
        "signing": _signing(wallet, keeping),
    }


def _signing(wallet: Wallet, keeping: Keeping) -> dict[str, Any]:
    """Signatures needed, keys that exist, and the people the register names for them."""
    required, existing = keeping.signatures[wallet.wallet_id]
    signers = keeping.keys.get(wallet.wallet_id, [])
    people = {one["party_id"] for one in signers if one["party_id"]}
    return {
        "required": required,
        "total": existing,
        "keys": signers,
        "people": len(people),
        "places": len({one["place"] for one in signers}),
        "state": _signing_state(required, signers, people, wallet.custodian, keeping.registered),
    }


@dataclass(frozen=True, slots=True)
class Keeping:
    """Who can move coins, by wallet: signatures needed and existing, and the signing keys of the day."""

    signatures: Mapping[str, tuple[int | None, int | None]]
    keys: Mapping[str, list[dict[str, Any]]]
    registered: bool


def _keeping(records: Records, day: date) -> Keeping:
    wallets = records.optional("wallet").select("wallet_id", "signers_required", "signers_total").to_pyarrow().to_pylist()
    keys = records.optional("wallet_key")
    held = keys.filter(keys.since <= day, keys.until.isnull() | (keys.until > day), keys.use == "signing")
    by_wallet: dict[str, list[dict[str, Any]]] = defaultdict(list)
    columns = ("wallet_id", "key_id", "party_id", "place", "device")
    for row in held.select(*columns).order_by("wallet_id", "key_id").to_pyarrow().to_pylist():
        by_wallet[row.pop("wallet_id")].append(row)
    signatures = {row["wallet_id"]: (row["signers_required"], row["signers_total"]) for row in wallets}
    return Keeping(signatures, by_wallet, "wallet_key" in records.present)


def _signing_state(required: int | None, signers: Sequence[Any], people: set[str], custodian: str | None, registered: bool) -> str:
    """In one word, whether coins can be moved, as far as the books tell."""
    if custodian is not None:
        return "custodian"
    if required is None:
        return "unknown"
    if not registered:
        return "names_not_on_record"
    if len(signers) < required:
        return "not_enough_keys"
    if required > 1 and len(people) < required:
        return "too_few_people"
    return "one_person" if required == 1 else "enough"


def _events(records: Records, day: date) -> list[dict[str, Any]]:
    """What has happened by the day, in order."""
    events = records.optional("wind_down_event")
    columns = ("event_id", "kind", "occurred_on", "effective_on", "whole", "party_id", "decided_by", "document")
    rows = events.filter(events.occurred_on <= day).select(*columns).order_by("occurred_on", "event_id").to_pyarrow().to_pylist()
    return [{name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()} for row in rows]


def _administrator(records: Records, day: date) -> dict[str, Any]:
    """Who is in office. No provision for an administrator of an exchange has been found, so the legal ground stays undetermined."""
    events = _events(records, day)
    in_office: dict[str, Any] | None = None
    for event in events:
        if event["kind"] == "administrator_appointed":
            in_office = event
        elif event["kind"] == "administrator_discharged":
            in_office = None
    return {
        "in_office": in_office,
        "found_incapable": [e for e in events if e["kind"] == "management_incapable"],
        "legal_basis": "undetermined",
    }


def _trust(records: Records, estate: Estate) -> list[dict[str, Any]]:
    trust = records.optional("money_trust")
    rows = (
        trust.filter(trust.as_of_date == estate.asked.as_of)
        .select("trustee", "principal_jpy")
        .order_by("trustee")
        .to_pyarrow()
        .to_pylist()
    )
    return [{"trustee": row["trustee"], "principal_jpy": text(row["principal_jpy"])} for row in rows]


def _returns(records: Records, estate: Estate) -> dict[str, Any]:
    """How far the return has come, in days and by asset."""
    day = estate.asked.as_of
    began = [e for e in _events(records, day) if e["kind"] in CLOSING]
    started = min((date.fromisoformat(e["occurred_on"]) for e in began), default=None)
    returns = records.optional("asset_return")
    last = returns.filter(returns.returned_at < starts_at(day + timedelta(days=1))).aggregate(last=returns.returned_at.max())
    moment = last.to_pyarrow().to_pylist()[0]["last"]
    last_on = (in_utc(moment) + JAPAN).date() if moment else None
    return {
        "closing_since": started.isoformat() if started else None,
        "days_since_closing": (day - started).days if started else None,
        "last_return_on": last_on.isoformat() if last_on else None,
        "days_since_last_return": (day - last_on).days if last_on else None,
    }


def _missing(account: dict[str, Any], estate: Estate, wallets: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What stands between here and everybody having everything, each with the asset or wallet it is about."""
    for one in account["assets"]:
        if one["shortfall"] != "0":
            yield {
                "kind": "shortfall",
                "about": one["asset"],
                "quantity": one["shortfall"],
                "value_jpy": _value(one["shortfall"], one),
            }
    for loss in account["losses"]:
        yield {"kind": "chain_loss", "about": loss["wallet_id"] or loss["asset"], "quantity": loss["quantity"], "value_jpy": None}
    for one in account["assets"]:
        if one["asset"] == MONEY and estate.principal is None:
            yield {"kind": "no_trust_on_record", "about": MONEY, "quantity": one["owed"], "value_jpy": one["owed"]}
        elif one["asset"] != MONEY and one["owed"] != "0" and one["asset"] not in {seen.wallet.asset for seen in estate.seen}:
            yield {
                "kind": "no_wallet_on_record",
                "about": one["asset"],
                "quantity": one["owed"],
                "value_jpy": _value(one["owed"], one),
            }
        if one["price_jpy"] is None:
            yield {"kind": "no_price", "about": one["asset"], "quantity": one["owed"], "value_jpy": None}
    for one in account["unclaimed"]:
        asset = next(each for each in account["assets"] if each["asset"] == one["asset"])
        yield {
            "kind": f"unclaimed_{one['standing']}", "about": one["asset"], "quantity": one["entitlements"],
            "value_jpy": _value(one["entitlements"], asset), "clients": one["clients"],
        }  # fmt: skip
    for wallet in wallets:
        if not wallet["for_clients"]:
            continue
        if wallet["stale"]:
            kind = "never_observed" if wallet["observed_at"] is None else "observation_stale"
            yield {"kind": kind, "about": wallet["wallet_id"], "quantity": wallet["quantity"], "value_jpy": wallet["value_jpy"]}
        state = wallet["signing"]["state"]
        if state in ("unknown", "names_not_on_record", "not_enough_keys", "too_few_people", "one_person") and wallet[
            "quantity"
        ] not in (None, "0"):
            yield {
                "kind": f"signing_{state}",
                "about": wallet["wallet_id"],
                "quantity": wallet["quantity"],
                "value_jpy": wallet["value_jpy"],
            }
    for loan in account["lenders"]:
        yield {"kind": "lender_outside", "about": loan["asset"], "quantity": loan["quantity"], "value_jpy": None}


def _value(quantity: str, asset: dict[str, Any]) -> str | None:
    if asset["price_jpy"] is None:
        return None
    return text(EXACT.multiply(Decimal(quantity), Decimal(asset["price_jpy"])).quantize(Decimal(1), rounding=ROUND_FLOOR))
