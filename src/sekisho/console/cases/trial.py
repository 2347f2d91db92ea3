"""Cases of a console for trying: one of the market with its replay, one of custody or transfers, one waiting to be closed."""

from __future__ import annotations

from collections.abc import Sequence

from sekisho.console.alerts.models import Alert
from sekisho.console.cases import closing, register, work
from sekisho.console.cases.books import books
from sekisho.console.cases.drafting import draft
from sekisho.console.cases.models import Case, Evidence
from sekisho.console.cases.seen import alerts_of, ids_of
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Grant
from sekisho.console.trial import Trial

_MARKET = ("unfair_trading/layering", "unfair_trading/wash_trading", "unfair_trading/matched_orders", "unfair_trading/ramping")
_COINS = ("client_assets/unauthorised_outflow", "transfers/travel_rule_notice", "transfers/poisoned_address")
_QUIET = ("unfair_trading/self_match", "unfair_trading/high_participation", "unfair_trading/front_running")


def begin(trial: Trial) -> None:
    """Open the cases from the alerts that are there; without alerts there is nothing to open."""
    if Case.objects.exists():
        return
    tanaka, ito = (_as(name, trial) for name in ("tanaka", "ito"))
    market = _open(
        tanaka, _MARKET, "仮装・見せ玉の疑い。口座の名義と入出金を確認する。 / Look at the owners and the funding of the accounts."
    )
    if market is not None:
        _file_of(market, tanaka, trial)
        work.move(tanaka, market.case_id, "investigating", "open")
        work.note(ito, market.case_id, "本人への照会を準備中。回答期限は来週金曜日。 / Enquiry to the client is being prepared.")
        alerts = alerts_of(market)
        texts = draft(market, alerts, list(Evidence.objects.filter(case=market)), tanaka.at)
        work.narrate(tanaka, market.case_id, texts, 0, is_draft=True)
    coins = _open(ito, _COINS, "送付先と承認記録を突き合わせる。 / Compare destinations with the approvals.")
    if coins is not None:
        _file_of(coins, ito, trial)
    quiet = _open(tanaka, _QUIET, "同一人の自動発注の交錯とみられる。 / Two programs of one client seem to have crossed.")
    if quiet is not None:
        words = "発注設定の是正を確認した。 / The client's settings were corrected, and the correction was checked."
        closing.propose_closing(tanaka, quiet.case_id, "unproven", "explained", words)


def _as(name: str, trial: Trial) -> Actor:
    """The actor at the moment of the trial, or when he got his roles where that was later."""
    account = Account.objects.get(username=name)
    given = Grant.objects.filter(account=account).order_by("-given_at").values_list("given_at", flat=True).first()
    return Actor.of(account, max(trial.at, given or trial.at))


def _open(actor: Actor, rules: Sequence[str], words: str) -> Case | None:
    """A case from the gravest free alert of the first of these rules that has one, with others about the same subjects."""
    free = Alert.objects.filter(joined=None, state__in=["open", "claimed"]).order_by("-rank", "-score", "alert_id")
    first = next((alert for rule in rules if (alert := free.filter(rule=rule).first()) is not None), None)
    if first is None:
        return None
    same = [alert for alert in free.filter(chapter=first.chapter)[:500] if set(ids_of(alert)) & set(ids_of(first))]
    return work.open_case(actor, list(dict.fromkeys([first.alert_id, *(alert.alert_id for alert in same)]))[:5], words=words)


def _file_of(case: Case, actor: Actor, trial: Trial) -> None:
    """The run.json of the inspection as evidence, and the first record the gravest alert names."""
    run = trial.findings / "run.json"
    if run.is_file():
        words = ("検査の実行記録 / What was inspected", "sekisho inspect")
        register.add_file(actor, case.case_id, "run", "run.json", run.read_bytes(), what=words[0], obtained=words[1])
    item = next((item for alert in alerts_of(case) for item in alert.evidence), None)
    if item is not None and trial.books.is_dir() and books() is not None:
        register.add_record(actor, case.case_id, item["table"], item["id"], "最初の該当記録 / The first record of the conduct")
