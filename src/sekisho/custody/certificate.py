"""The day's certificate of client assets: every figure with its law, its parameters, and the records that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ibis import _

from sekisho import __version__
from sekisho.custody.as_known import as_known
from sekisho.custody.day import COLD, GUARANTEE, MINIMUM, RATIO, RECONCILIATION, RULES, TRUST, AssetDay, Day, Holding, figures
from sekisho.engine.answers import Found
from sekisho.engine.run import RuleRun
from sekisho.findings.finding import exact_text, findings_of
from sekisho.findings.inspection import Inspection, Inspector, Progress, Question, records_name
from sekisho.findings.manifest import table_hash
from sekisho.records import RecordsError
from sekisho.records.table import key_text
from sekisho.rulebook import RulebookError
from sekisho.typologies.business_days import BusinessDays
from sekisho.typologies.custody import MONEY, Name, Owed, worth
from sekisho.typologies.hot_share import Moment
from sekisho.typologies.outside_cold import Exposure
from sekisho.typologies.valuation import JAPAN, Cutoff, read_prices, starts_at, total

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Rulebook

DAYS_SHOWN = 31
"""Days of the hot share over time."""

_ROLES = (
    ("preparer", "Prepared by", "作成者"),
    ("reconciler", "Reconciled by", "照合者"),
    ("approver", "Approved by", "承認者"),
)
_SEPARATE = {
    "document": "G16",
    "provision": "Ⅱ-2-2-3-2(2)⑤",
    "quote": "受払いの手続を行う担当者と利用者財産等の残高を照合する担当者を設置した上で、両担当者を兼務させないこととしているか。",
    "en": "Whoever pays out money or coins and whoever reconciles their balances are different persons; the reconciler signs here.",
    "ja": "受払いの手続を行う担当者と残高を照合する担当者は兼務しない。照合者として署名する者は受払担当者であってはならない。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of the books: regime (None: the one in force), day (None: the last of the ledger), and assumptions."""

    regime: str | None = None
    day: date | None = None
    assume: tuple[str, ...] = ()
    days_shown: int = DAYS_SHOWN


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate as a plain structure, and what it was made of."""

    told: dict[str, Any]
    day: Day
    inspection: Inspection

    def run(self, rule: str) -> RuleRun:
        """How one of RULES answered."""
        return next(run for run in self.inspection.runs if run.rule.path == rule)


def certify(rulebook: Rulebook, records: Records, asked: Asked, progress: Progress = lambda _what, _done, _of: None) -> Certified:
    """The certificate of one day; see docs/custody.md for its keys.

    Raises RecordsError where the books have no customer balances on the day, RulebookError for what does not exist.
    """
    progress("finding the day", 0, 3)
    ledger_day = _ledger_day(records, asked.day)
    day = asked.day or ledger_day
    regime, law_day = rulebook.regime_on(asked.regime, day)
    assumed = rulebook.assumptions(asked.assume)
    known = as_known(records, day, _last_moment(rulebook, regime, law_day, day, assumed))
    progress("running the rules", 1, 3)
    question = Question(regime=asked.regime, as_of=day, rules=",".join(RULES), assume=asked.assume)
    inspection = Inspector(rulebook, known).inspect(question)
    runs = {path: next(run for run in inspection.runs if run.rule.path == path) for path in RULES}
    progress("adding up the day", 2, 3)
    found = figures(known, runs, day, asked.days_shown)
    return Certified(_told(inspection, runs, records, known, found), found, inspection)


def _ledger_day(records: Records, day: date | None) -> date:
    """The day asked for, or the last of the ledger; refuses one on which the books owe nobody anything."""
    if "customer_balance" not in records.present:
        raise RecordsError("customer_balance", "is missing", "a certificate says what customers are owed; add the table")
    days = records.customer_balance
    if day is None:
        last: date | None = days.as_of_date.max().as_table().to_pyarrow().to_pylist()[0].popitem()[1]
        if last is None:
            raise RecordsError("customer_balance", "has no rows", "add the balances of the day")
        return last
    if not days.filter(days.as_of_date == day).limit(1).to_pyarrow().num_rows:
        raise RecordsError("customer_balance", f"has no balances of {day}", "give another --as-of, or add the balances of that day")
    return day


def _last_moment(rulebook: Rulebook, regime: str, law_day: date, day: date, assumed: Mapping[str, Any]) -> datetime:
    """The latest cut-off of the rules, which is the last moment the day's certificate knows of."""
    moments = []
    for rule in map(rulebook.__getitem__, (COLD, GUARANTEE, RECONCILIATION)):
        cutoff = rule.parameters_in(regime, law_day, day, assumed.get(rule.path, {})).cutoff
        try:
            moments.append(Cutoff.parse(cutoff).at(day))
        except ValueError as error:
            raise RulebookError(f"{rule.path}: cutoff={cutoff} cannot be used: {error}") from None
    return max(moments)


def _told(inspection: Inspection, runs: Mapping[str, RuleRun], records: Records, known: Records, day: Day) -> dict[str, Any]:
    regime, judged = inspection.regime, inspection.judged
    cold = _parameters(runs[COLD])
    shortfalls = [row for run in runs.values() for row in _shortfalls(run, day.day)]
    return {
        "sekisho": __version__,
        "day": day.day.isoformat(),
        "is_business_day": BusinessDays().is_open(day.day),
        "regime": {
            "id": regime.id,
            "title_en": regime.title.en,
            "title_ja": regime.title.ja,
            "status": regime.status,
            "law_day": judged.law_day.isoformat(),
        },
        "cutoff": str(cold["cutoff"].value),
        "cutoff_at": key_text(Cutoff.parse(cold["cutoff"].value).at(day.day)),
        "price_source": str(cold["price_source"].value),
        "records": {"folder": records_name(records.folder), "tables": _tables(records, known)},
        "money": _money(day, runs, known),
        "assets": [_asset(asset, day, known) for asset in day.assets],
        "totals": _totals(day),
        "hot_share": _hot_share(day, runs),
        "capital": _capital(known, runs, day),
        "shortfalls": shortfalls,
        "verdicts": _verdicts(runs, shortfalls),
        "rules": [_rule(run) for run in runs.values()],
        "assumed": {
            f"{run.rule.path}.{p.name}": exact_text(p.value) for run in inspection.runs for p in run.parameters or () if p.assumed
        },
        "warnings": list(inspection.warnings),
        "signatures": {"roles": [{"role": r, "en": en, "ja": ja} for r, en, ja in _ROLES], "separate": _SEPARATE},
        "property_report": None,
    }


def _tables(records: Records, known: Records) -> dict[str, Any]:
    return {
        name: {"rows": int(getattr(records, name).count().execute()), "sha256": table_hash(records.folder, name)}
        for name in sorted(known.present)
    }


def _parameters(run: RuleRun) -> Mapping[str, Any]:
    parameters = run.parameters or run.rule.parameters_in(run.judged.regime, run.judged.law_day, run.judged.as_of, {})
    return parameters.in_force


def _value(run: RuleRun, name: str) -> Any:
    return _parameters(run)[name].value


def exact(value: object) -> Any:
    """A figure without loss: decimals as plain text, without zeros that say nothing."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return exact_text(value)


def evidence(names: Iterable[Name]) -> list[dict[str, str]]:
    """Records as findings name them, in order."""
    return [{"table": table, "id": name} for table, name in sorted(set(names))]


def _ledger_evidence(owed: Owed | None, asset: str, day: date, known: Records) -> dict[str, Any]:
    count = "SELECT count(*), sum(quantity) FROM customer_balance"
    houses = " AND account_id NOT IN (SELECT account_id FROM account WHERE kind = 'house')" if "account" in known.present else ""
    return {
        "table": "customer_balance",
        "rows": owed.rows if owed else 0,
        "sum": exact(owed.quantity) if owed else "0",
        "query": f"{count} WHERE as_of_date = DATE '{day}' AND asset = '{asset}'{houses}",
    }


def _money(day: Day, runs: Mapping[str, RuleRun], known: Records) -> dict[str, Any]:
    money = day.money
    return {
        "rule": TRUST,
        "owed_jpy": exact(money.owed.quantity) if money.owed else "0",
        "customers": money.owed.customers if money.owed else 0,
        "trust_jpy": exact(money.trust_jpy),
        "trustees": [{"trustee": name, "principal_jpy": exact(value)} for name, value in (money.trustees or {}).items()],
        "short_jpy": exact(money.short_jpy),
        "state": runs[TRUST].state,
        "evidence": {
            "ledger": _ledger_evidence(money.owed, MONEY, day.day, known),
            "records": evidence({("money_trust", day.day.isoformat())} if money.trustees else ()),
        },
    }


def _asset(one: AssetDay, day: Day, known: Records) -> dict[str, Any]:
    guarantee = one.guarantee
    return {
        "asset": one.asset,
        "owed": exact(one.owed.quantity),
        "customers": one.owed.customers,
        "price_jpy": exact(one.quote.price_jpy) if one.quote else None,
        "price_at": key_text(one.quote.quoted_at) if one.quote else None,
        "price_source": one.quote.source if one.quote else None,
        "owed_jpy": exact(one.value(one.owed.quantity)),
        "customers_held": exact(one.customers_held),
        "customers_held_jpy": exact(one.value(one.customers_held)),
        "short": exact(one.short),
        "short_jpy": exact(one.value(one.short)),
        "observed": one.observed,
        "outside_cold": exact(one.outside),
        "outside_cold_jpy": exact(one.value(one.outside)),
        "guarantee_required": exact(guarantee.required) if guarantee else None,
        "guarantee_cold": exact(guarantee.cold_guarantee) if guarantee else None,
        "guarantee_all": exact(guarantee.all_guarantee) if guarantee else None,
        "guarantee_short": exact(guarantee.shortage) if guarantee else None,
        "holdings": [_holding(holding, one) for holding in one.holdings],
        "evidence": {
            "ledger": _ledger_evidence(one.owed, one.asset, day.day, known),
            "records": evidence(
                {name for holding in one.holdings for seen in holding.seen for name in seen.names}
                | ({one.quote.name} if one.quote else set())
            ),
        },
    }


def _holding(holding: Holding, one: AssetDay) -> dict[str, Any]:
    return {
        "tier": holding.tier,
        "holder": holding.holder,
        "custodian": holding.custodian,
        "counts_as_cold": holding.counts_as_cold,
        "quantity": exact(holding.quantity),
        "value_jpy": exact(one.value(holding.quantity)),
        "wallets": [
            {
                "wallet_id": seen.wallet.wallet_id,
                "address": seen.wallet.address,
                "ever_online": seen.wallet.ever_online,
                "observed_at": key_text(seen.observed_at),
                "quantity": exact(seen.quantity),
            }
            for seen in holding.seen
        ],
    }


def _totals(day: Day) -> dict[str, Any]:
    def over(quantities: Sequence[Decimal | None]) -> Any:
        return exact(total(value for value in quantities if value is not None))

    undetermined = any(one.guarantee is None for one in day.assets)
    return {
        "owed_jpy": over([one.value(one.owed.quantity) for one in day.assets]),
        "customers_held_jpy": over([one.value(one.customers_held) for one in day.assets]),
        "outside_cold_jpy": over([one.value(one.outside) for one in day.assets]),
        "guarantee_required_jpy": None
        if undetermined
        else over([one.value(one.guarantee.required) for one in day.assets if one.guarantee]),
        "guarantee_cold_jpy": None
        if undetermined
        else over([one.value(one.guarantee.cold_guarantee) for one in day.assets if one.guarantee]),
        "not_valued": [one.asset for one in day.assets if one.quote is None and (one.owed.quantity or one.customers_held)],
    }


def _hot_share(day: Day, runs: Mapping[str, RuleRun]) -> dict[str, Any]:
    run, at = runs[COLD], day.exposure
    share_max, cap = _value(run, "share_max"), _value(run, "internal_share_max")
    of_day = day.ranges.get(day.day)
    return {
        "rule": COLD,
        "state": run.state,
        "share": exact(at.share) if at and day.wallets else None,
        "outside_jpy": exact(at.outside_jpy) if at and day.wallets else None,
        "owed_jpy": exact(at.owed_jpy) if at else None,
        "share_max": exact(share_max),
        "excess_jpy": exact(at.excess_jpy(share_max)) if at and share_max is not None else None,
        "internal_share_max": exact(cap),
        "not_valued": list(at.not_valued) if at else [],
        "highest": _moment(of_day.highest, share_max) if of_day else None,
        "lowest": _moment(of_day.lowest, share_max) if of_day else None,
        "moments": of_day.moments if of_day else 0,
        "hours": [_moment(moment, share_max, named=False) for moment in of_day.hours] if of_day else [],
        "against_day_before": exact(day.against_day_before),
        "sensitivity": [
            {"what": each.what, "value": each.value, **_exposure(each.exposure, share_max)} for each in day.sensitivities
        ],
        "over_time": [_over_time(each, exposure, day, share_max) for each, exposure in day.exposures.items()],
        "evidence": evidence(at.names) if at else [],
    }


def _exposure(exposure: Exposure, share_max: Decimal | None) -> dict[str, Any]:
    return {
        "share": exact(exposure.share),
        "outside_jpy": exact(exposure.outside_jpy),
        "owed_jpy": exact(exposure.owed_jpy),
        "above_max": None if share_max is None else exposure.excess_jpy(share_max) > 0,
        "not_valued": list(exposure.not_valued),
    }


def _over_time(each: date, exposure: Exposure, day: Day, share_max: Decimal | None) -> dict[str, Any]:
    ranged = day.ranges.get(each)
    return {
        "day": each.isoformat(),
        **_exposure(exposure, share_max),
        "highest_share": exact(ranged.highest.share) if ranged else None,
        "highest_at": key_text(ranged.highest.at) if ranged else None,
        "lowest_share": exact(ranged.lowest.share) if ranged else None,
    }


def _moment(moment: Moment, share_max: Decimal | None, named: bool = True) -> dict[str, Any]:
    told = {
        "at": key_text(moment.at),
        "at_japan": (moment.at + JAPAN).strftime("%Y-%m-%d %H:%M:%S"),
        "share": exact(moment.share),
        "outside_jpy": exact(moment.outside_jpy),
        "owed_jpy": exact(moment.owed_jpy),
        "above_max": None if share_max is None else moment.excess_jpy(share_max) > 0,
        "not_valued": list(moment.not_valued),
    }
    return {**told, "evidence": evidence(moment.names)} if named else told


def _capital(known: Records, runs: Mapping[str, RuleRun], day: Day) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    if "firm_balance" in known.present:
        rows = known.firm_balance.filter(_.item.isin(["net_assets", "capital"])).order_by("as_of_date").to_pyarrow().to_pylist()
    latest = {row["item"]: row for row in rows}
    ratios = [amount for amount in runs[RATIO].amounts if amount.as_of <= day.day]
    required, not_valued = _guarantee_value(known, runs[GUARANTEE], day)
    stated = {
        item: {
            "amount_jpy": exact(latest[item]["amount_jpy"]) if item in latest else None,
            "as_of": latest[item]["as_of_date"].isoformat() if item in latest else None,
        }
        for item in ("net_assets", "capital")
    }
    return {
        "rules": [GUARANTEE, MINIMUM, RATIO],
        **stated,
        "guarantee_value_jpy": exact(required),
        "guarantee_not_valued": list(not_valued),
        "capital_jpy_min": exact(_value(runs[MINIMUM], "capital_jpy_min")),
        "net_assets_jpy_min": exact(_value(runs[MINIMUM], "net_assets_jpy_min")),
        "adequacy_ratio": None
        if not ratios
        else {
            "ratio": exact(ratios[-1].value),
            "as_of": ratios[-1].as_of.isoformat(),
            "band": ratios[-1].band,
            "working": [{"label": s.label, "how": s.expression, "amount": exact(s.value)} for s in ratios[-1].working],
        },
        "evidence": evidence(("firm_balance", f"{row['as_of_date']}|{item}") for item, row in latest.items()),
    }


def _guarantee_value(known: Records, run: RuleRun, day: Day) -> tuple[Decimal | None, tuple[str, ...]]:
    """The yen value the net assets are held against, by the guarantee rule's own prices."""
    if any(one.guarantee is None for one in day.assets) or not day.wallets:
        return None, ()
    p = _parameters(run)
    age = timedelta(seconds=int(p["price_age_seconds_max"].value))
    prices = read_prices(known, Cutoff.parse(p["cutoff"].value), p["price_source"].value, age)
    found = worth({one.asset: one.guarantee.required for one in day.assets if one.guarantee}, prices, day.day)
    return found.value_jpy, found.not_valued


def concerns(found: Found, day: date) -> bool:
    """Whether what was found was so on that day, or had not been made good by it: a day nobody looked at cures nothing."""
    unseen = "deadline" in found.facts and found.facts.get("cured_on") is None
    return found.window_from < starts_at(day + timedelta(days=1)) and (unseen or found.window_until > starts_at(day))


def _shortfalls(run: RuleRun, day: date) -> list[dict[str, Any]]:
    return [shortfall(run, found) for found in run.found if concerns(found, day)]


def shortfall(run: RuleRun, found: Found) -> dict[str, Any]:
    """What a rule found, with the finding's identity in ``sekisho inspect``, its sentence and its deadline."""
    (finding,) = findings_of(replace(run, found=(found,)))
    facts = found.facts
    assert run.holding is not None
    return {
        "rule": run.rule.path,
        "title_en": run.rule.title.en,
        "title_ja": run.rule.title.ja,
        "finding_id": finding.finding_id,
        "kind": found.sentence,
        "severity": finding.severity,
        "asset": found.asset,
        "subject": found.subject_id,
        "amount_jpy": exact(finding.amount_jpy),
        "first_day": exact(facts.get("first_day")) or (found.window_from + JAPAN).date().isoformat(),
        "last_day": exact(facts.get("last_day")) or (found.window_until + JAPAN - timedelta(days=1)).date().isoformat(),
        "deadline": exact(facts.get("deadline")),
        "cured_on": exact(facts.get("cured_on")),
        "state": facts.get("state"),
        "summary_en": finding.summary_en,
        "summary_ja": finding.summary_ja,
        "law": [f"{p.document} {p.provision}" for p in run.holding.provisions if p.provision],
        "evidence": evidence((e.table, e.id) for e in finding.evidence),
    }


def _verdicts(runs: Mapping[str, RuleRun], shortfalls: list[dict[str, Any]]) -> dict[str, str]:
    """Per rule: ``kept``, ``broken``, ``internal_cap`` (the law's limit is kept, the firm's own is not), or the state of a
    rule that did not run and so says neither. A share above the limit between two cut-offs that kept it breaks nothing."""
    told = {}
    for path in RULES:
        kinds = {row["kind"] for row in shortfalls if row["rule"] == path} - {"between_cutoffs"}
        answered = "kept" if not kinds else "internal_cap" if kinds == {"internal_cap"} else "broken"
        told[path] = answered if runs[path].state == "ran" else runs[path].state
    return told


def _rule(run: RuleRun) -> dict[str, Any]:
    holding = run.holding
    return {
        "rule": run.rule.path,
        "title_en": run.rule.title.en,
        "title_ja": run.rule.title.ja,
        "hash": run.rule.hash,
        "state": run.state,
        "why": run.why,
        "status": holding.status if holding else None,
        "confidence": holding.confidence if holding else None,
        "analogy": holding.analogy if holding else None,
        "provisions": [
            {"document": p.document, "provision": p.provision, "quote": p.quote} for p in (holding.provisions if holding else ())
        ],
        "parameters": [
            {
                "name": p.name,
                "value": exact_text(p.value),
                "unit": p.unit,
                "set_by": p.set_by,
                "assumed": p.assumed,
                "document": p.source.document if p.source else None,
                "provision": p.source.provision if p.source else None,
                "confidence": p.source.confidence if p.source else None,
                "note": p.source.note if p.source else None,
            }
            for p in (run.parameters or ())
        ],
    }
