# ruff: noqa: E501, PERF401 - each statement is made where its reason stands; a sentence stands whole in both languages, so that it can be read and found
"""The draft of an incident report: what the records prove about an outflow, what they do not tell, and by when to report.

The order follows what the guideline asks of an exchange after an outflow (Ⅱ-2-2-4-2(4)) and of a report (Ⅱ-2-3-1-1-3). The
fields of the form itself (別紙様式1) are not among the texts read: this draft prepares its content and does not replace it.
Every statement names the records it rests on; what no record tells is an item to fill in, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sekisho.custody.trail_picture import short_address
from sekisho.rulebook.texts import Text
from sekisho.typologies.business_days import BusinessDays, months_end_on
from sekisho.typologies.custody import Name
from sekisho.typologies.outflow import EXCESS, FEE, OTHER_ASSET, REFUSED, SUBSTITUTED, TO_HOUSE, UNAUTHORISED, UNKNOWN, Outflow
from sekisho.typologies.outflow_books import CUSTOMERS
from sekisho.typologies.outflow_gaps import Gap
from sekisho.typologies.outflow_investigation import Investigation, Told
from sekisho.typologies.outflow_trail import BUSY, FURTHER, OWN, RESTING
from sekisho.typologies.valuation import JAPAN

KNOWN, TO_FILL_IN, NOTE = "known", "to_fill_in", "note"
"""A statement the records prove, one that somebody has to make, and a remark on the law or the method."""
LISTED_MAX = 40

_KINDS = {
    SUBSTITUTED: Text(
        "paid to another address than asked for or approved", "依頼又は承認された宛先と異なるアドレスへの移転（宛先の差替え）"
    ),
    UNAUTHORISED: Text("no approval at all", "承認の記録がない移転"),
    UNKNOWN: Text("names an approval that no record knows", "記録に存在しない承認による移転"),
    REFUSED: Text("asked for, but refused or not let go", "拒否又は未承認の依頼による移転"),
    EXCESS: Text("more than was approved, or an approval used again", "承認数量の超過又は承認の再利用"),
    OTHER_ASSET: Text("approved for another asset", "別の資産についての承認による移転"),
    TO_HOUSE: Text("to the firm's own wallet without approval", "承認のない自己のウォレットへの移転"),
    FEE: Text("network fee beyond what a network takes", "過大なネットワーク手数料"),
}
_STEPS = {
    "requested": Text("the request", "依頼"),
    "approved": Text("the approval", "承認"),
    "signed": Text("the signature", "署名"),
    "chain": Text(
        "the chain only: everybody on record saw the right address",
        "ブロックチェーン上のみ（記録上の関与者は全員正しい宛先を確認）",
    ),
}
_ENDS = {
    RESTING: Text("at rest in the movements given", "与えられた記録では以後の移転なし"),
    BUSY: Text("an address with very many movements, perhaps a service", "移転が極めて多いアドレス（サービスの可能性）"),
    OWN: Text("back in a wallet of the firm", "自社ウォレットに戻った"),
    FURTHER: Text("not followed further", "以後は追跡していない"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence of the draft, whether the records prove it, and the records."""

    text: Text
    state: str = KNOWN
    evidence: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the draft."""

    id: str
    title: Text
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One term: what is due, until when (None: the law names no day), counted from what."""

    name: Text
    due: str | None
    because: Text
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The draft about one event."""

    number: int
    told: Told
    title: Text
    sections: tuple[Section, ...]
    clocks: tuple[Clock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the law of the day says of terms; None where it names none. ``recognised_at`` is when the firm became aware, if told."""

    regime: str
    status_report_months: int | None
    cure_business_days: int | None
    recognised_at: datetime | None


def draft_of(number: int, told: Told, investigation: Investigation, terms: Terms) -> Draft:
    """The draft about one event of an investigation."""
    event = told.event
    amounts = _amounts(event.lost)
    title = Text(f"Outflow of {amounts} on {jst(event.first_at)[:10]}", f"{jst(event.first_at)[:10]}の暗号資産流出（{amounts}）")
    makers: Sequence[Callable[[], Section]] = (
        lambda: _summary(told, terms),
        lambda: _how_known(told, investigation),
        lambda: _timeline(told),
        lambda: _causes(told),
        lambda: _route(told),
        lambda: _trail(told),
        lambda: _clients(told),
        lambda: _secondary(told),
        lambda: _measures(),
        lambda: _logs(investigation),
    )
    return Draft(number=number, told=told, title=title, sections=tuple(make() for make in makers), clocks=_clocks(told, terms))


def jst(moment: datetime) -> str:
    """A moment as Japan reads its clocks."""
    return f"{moment + JAPAN:%Y-%m-%d %H:%M:%S}"


def _amounts(lost: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{quantity.normalize():,f} {asset}" for asset, quantity in lost.items())


def _yen(amount: Decimal | None) -> str:
    return "–" if amount is None else f"{amount.quantize(Decimal(1)):,f}"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items) or "–"


def _known(en: str, ja: str, names: Iterable[Name] = ()) -> Statement:
    return Statement(text=Text(en, ja), evidence=tuple(sorted(set(names))))


def _fill(en: str, ja: str) -> Statement:
    return Statement(text=Text(en, ja), state=TO_FILL_IN)


def _note(en: str, ja: str) -> Statement:
    return Statement(text=Text(en, ja), state=NOTE)


def _movements(outflows: Iterable[Outflow]) -> set[Name]:
    return {("chain_movement", o.payment.txid) for o in outflows}


def _summary(told: Told, terms: Terms) -> Section:
    event, value = told.event, told.value
    wallets = _listed(w.wallet_id for w in told.route.wallets)
    first, last, number = jst(event.first_at), jst(event.last_at), len(event.txids)
    span = Text(f"in {number} transactions between {first} and {last}", f"{first}から{last}までの間に{number}件の取引により")
    if number == 1:
        span = Text(f"in one transaction at {first}", f"{first}に1件の取引により")
    lines = [
        _known(
            f"{_amounts(event.lost)} left {wallets} {span.en} (Japan time).",
            f"{span.ja}、{wallets}から{_amounts(event.lost)}が流出した（日本時間）。",
            _movements(event.outflows) | told.route.names,
        )
    ]
    for asset, amount in value.by_asset.items():
        quotes = [q for q in value.quotes if q.asset == asset]
        price = _listed(f"{q.price_jpy.normalize():,f} ({jst(q.quoted_at)}, {q.source})" for q in quotes[:3])
        lines.append(
            _known(
                f"{asset}: worth JPY {_yen(amount)} as it left, at the last price before each movement: {price}.",
                f"{asset}：流出時の直前の価格で{_yen(amount)}円相当（1単位{price}）。",
                (q.name for q in quotes),
            )
        )
    if value.not_valued:
        lines.append(
            _fill(
                f"Yen value of {_listed(value.not_valued)}: the records hold no price fresh enough.",
                f"{_listed(value.not_valued)}の円換算額：使用できる価格の記録がない。",
            )
        )
    if terms.recognised_at is None:
        lines.append(_fill("When the firm recognised it (nothing in the records tells).", "認識日時（記録からは分からない）。"))
    else:
        lines.append(
            _note(
                f"Recognised at {jst(terms.recognised_at)} (Japan time), as stated by the reporter.",
                f"認識日時：{jst(terms.recognised_at)}（日本時間。報告者の申告による）。",
            )
        )
    lines.append(_fill("Name, registration number, person in charge and contact.", "業者名、登録番号、責任者及び連絡先。"))
    return Section(id="summary", title=Text("What happened", "事案の概要"), statements=tuple(lines))


def _how_known(told: Told, investigation: Investigation) -> Section:
    lines = [
        _known(
            f"{investigation.legs_out:,} payments out of custody were held against what was asked for and approved; {investigation.legs_agreed:,} agree at once in asset, address, quantity and time.",
            f"管理ウォレットからの支払{investigation.legs_out:,}件を依頼及び承認と照合し、うち{investigation.legs_agreed:,}件は資産、宛先、数量及び時刻が直ちに一致した。",
        )
    ]
    for outflow in told.event.outflows[:LISTED_MAX]:
        paid, kind = outflow.payment, _KINDS[outflow.kind]
        lines.append(
            _known(
                f"{jst(paid.occurred_at)}: {outflow.quantity.normalize():,f} {paid.asset} to {paid.row_to} (transaction {short_address(paid.txid)}): {kind.en}.",
                f"{jst(paid.occurred_at)}：{paid.row_to}宛て{outflow.quantity.normalize():,f} {paid.asset}（取引{short_address(paid.txid)}）：{kind.ja}。",
                outflow.names,
            )
        )
    if len(told.event.outflows) > LISTED_MAX:
        more = len(told.event.outflows) - LISTED_MAX
        lines.append(_note(f"{more} more stand in incident.json.", f"ほか{more}件はincident.jsonに記載。"))
    if not investigation.register_known:
        lines.append(
            _note(
                "The register of approvals (movement_approval) was not given: who approved and signed is not known, and internal approvals could not be looked up.",
                "承認の台帳（movement_approval）が与えられていないため、承認者及び署名者は不明であり、社内の承認は確認できていない。",
            )
        )
    return Section(id="finding", title=Text("How it was found", "検知の根拠"), statements=tuple(lines))


def _timeline(told: Told) -> Section:
    moments: list[tuple[datetime, Statement]] = []
    acts = {act.name: act for o in told.event.outflows for act in o.acts}
    for act in acts.values():
        done = _STEPS[act.act]
        moments.append(
            (
                act.acted_at,
                _known(
                    f"{jst(act.acted_at)}: {act.movement_id}, {done.en} by {act.party_id}: {act.quantity.normalize():,f} {act.asset} to {act.to_address}"
                    + (f", with {act.device}." if act.device else "."),
                    f"{jst(act.acted_at)}：{act.movement_id}の{done.ja}（{act.party_id}）。{act.to_address}宛て{act.quantity.normalize():,f} {act.asset}"
                    + (f"、使用機器{act.device}。" if act.device else "。"),
                    [act.name],
                ),
            )
        )
    for step in told.trail.steps[:LISTED_MAX]:
        head = Text("outflow", "流出") if step.hop == 0 else Text(f"hop {step.hop}", f"{step.hop}ホップ目")
        moments.append(
            (
                step.occurred_at,
                _known(
                    f"{jst(step.occurred_at)}: {head.en}: {step.quantity.normalize():,f} {step.asset} from {short_address(step.from_address)} to {short_address(step.to_address)}.",
                    f"{jst(step.occurred_at)}：{head.ja}。{short_address(step.from_address)}から{short_address(step.to_address)}へ{step.quantity.normalize():,f} {step.asset}。",
                    [("chain_movement", step.txid)],
                ),
            )
        )
    lines = [line for _at, line in sorted(moments, key=lambda m: m[0])]
    lines.append(
        _fill(
            "Detection, report to management, stop of withdrawals, isolation of keys.",
            "検知、経営陣への報告、出庫停止、鍵の隔離の各時刻。",
        )
    )
    return Section(id="timeline", title=Text("Sequence (Japan time)", "時系列（日本時間）"), statements=tuple(lines))


def _causes(told: Told) -> Section:
    lines = []
    for outflow in [o for o in told.event.outflows if o.kind == SUBSTITUTED][:LISTED_MAX]:
        assert outflow.changed_at is not None
        step = _STEPS[outflow.changed_at]
        link = (
            Text(
                "the movement names no approval; this one has its asset and quantity and was never paid",
                "移転に承認の記載はないが、資産及び数量が一致し未払のもの",
            )
            if outflow.inferred
            else Text("named by the movement", "移転に記載された承認")
        )
        approval = outflow.term.id if outflow.term else "–"
        lines.append(
            _known(
                f"{approval} ({link.en}) was for {outflow.approved_address}; the coins went to {outflow.payment.row_to}. The other address appears first in {step.en}."
                + (" The two addresses begin and end alike." if outflow.look_alike else ""),
                f"{approval}（{link.ja}）の宛先は{outflow.approved_address}であったが、{outflow.payment.row_to}に移転した。別の宛先が初めて現れたのは{step.ja}である。"
                + ("両アドレスは先頭と末尾が酷似している。" if outflow.look_alike else ""),
                outflow.names,
            )
        )
    if told.route.single_signer:
        lines.append(
            _known(
                "One person, or one signature, sufficed to move the coins.",
                "1名（又は1つの署名）で移転が可能であった。",
                told.route.names | {a.name for o in told.event.outflows for a in o.acts if a.act == "signed"},
            )
        )
    if told.route.kept_together:
        lines.append(
            _known(
                f"The signing keys were kept together: {_listed(told.route.kept_together)}.",
                f"署名鍵が同じ場所又は機器で保管されていた：{_listed(told.route.kept_together)}。",
                {k.name for k in told.route.keys},
            )
        )
    online = [w for w in told.route.wallets if w.tier == "cold" and w.ever_online]
    if online:
        lines.append(
            _known(
                f"Called cold, but its keys were online once: {_listed(w.wallet_id for w in online)}.",
                f"コールドとされるが鍵が1度インターネットに接続されている：{_listed(w.wallet_id for w in online)}。",
                {w.name for w in online},
            )
        )
    if not lines:
        lines.append(_note("The records show no weakness of the route by themselves.", "記録からは移転経路の弱点は見いだせない。"))
    lines.append(
        _fill(
            "Root cause: how somebody could change or sign it (malware, stolen session, social engineering, an insider, a mistake). Movements and approvals show what was done, not who did it.",
            "根本原因：改変又は署名がなぜ可能であったか（マルウェア、セッションの窃取、ソーシャルエンジニアリング、内部者、事務ミス等）。移転及び承認の記録は行為者を示さない。",
        )
    )
    return Section(id="causes", title=Text("Causes seen in the records", "記録から判明した原因"), statements=tuple(lines))


def _route(told: Told) -> Section:
    lines = []
    for wallet in told.route.wallets:
        signatures = "–" if wallet.signers_required is None else f"{wallet.signers_required}/{wallet.signers_total or '–'}"
        online = Text("yes", "あり") if wallet.ever_online else Text("no", "なし")
        lines.append(
            _known(
                f"{wallet.wallet_id} ({wallet.asset}, {wallet.tier}, holds {wallet.holder}'s coins): signatures needed {signatures}; keys ever online: {online.en}; kept by {wallet.custodian or 'the firm itself'}.",
                f"{wallet.wallet_id}（{wallet.asset}、{wallet.tier}、保有者区分{wallet.holder}）：必要署名数{signatures}、鍵の接続履歴{online.ja}、管理者{wallet.custodian or '自社'}。",
                [wallet.name],
            )
        )
    for key in told.route.keys:
        lines.append(
            _known(
                f"Key {key.key_id} of {key.wallet_id} ({key.use}): held by {key.party_id or 'a machine'}, at {key.place}, on {key.device or '–'}.",
                f"{key.wallet_id}の鍵{key.key_id}（{key.use}）：保持者{key.party_id or '機械'}、保管場所{key.place}、機器{key.device or '–'}。",
                [key.name],
            )
        )
    route = told.route
    if route.acts_known:
        names = {a.name for o in told.event.outflows for a in o.acts}
        lines.append(
            _known(
                f"Asked for by {_listed(route.requesters)}; approved by {_listed(route.approvers)}; signed by {_listed(route.signers)} with {_listed(route.devices)}.",
                f"依頼者{_listed(route.requesters)}、承認者{_listed(route.approvers)}、署名者{_listed(route.signers)}（機器{_listed(route.devices)}）。",
                names,
            )
        )
    else:
        lines.append(_fill("Who asked for, approved and signed it: no record tells.", "依頼者、承認者及び署名者（記録がない）。"))
    if not told.route.keys:
        lines.append(
            _fill(
                "Where and by whom the keys were kept: no register of keys was given.",
                "鍵の保管場所及び保持者（鍵の台帳が与えられていない）。",
            )
        )
    return Section(id="route", title=Text("Signing route", "署名の経路"), statements=tuple(lines))


def _trail(told: Told) -> Section:
    trail = told.trail
    lines = [
        _note(
            "Rule: what leaves a reached address counts as stolen until as much has left as arrived stolen. One asset is followed; exchanges on the way are not.",
            "追跡の規則：到達したアドレスから出たものは、流出分と同量に達するまで流出分とみなす。同一の資産のみ追跡し、途中の交換は追跡しない。",
        )
    ]
    for end in trail.ends[:LISTED_MAX]:
        into = {("chain_movement", s.txid) for s in trail.steps if s.to_address == end.address}
        lines.append(
            _known(
                f"{end.quantity.normalize():,f} {end.asset}: {end.address}, {_ENDS[end.why].en}.",
                f"{end.quantity.normalize():,f} {end.asset}：{end.address}（{_ENDS[end.why].ja}）。",
                into,
            )
        )
    for chain in trail.peels:
        lines.append(
            _known(
                f"A peel chain over {len(chain) - 1} hops: {' → '.join(short_address(a) for a in chain)}.",
                f"ピールチェーン（{len(chain) - 1}ホップ）：{' → '.join(short_address(a) for a in chain)}。",
                {("chain_movement", s.txid) for s in trail.steps if s.from_address in chain and s.to_address in chain},
            )
        )
    if trail.merges:
        lines.append(
            _known(
                f"Coins of several addresses came together at {_listed(short_address(a) for a in trail.merges)}.",
                f"複数のアドレスからの流入が合流した：{_listed(short_address(a) for a in trail.merges)}。",
                {("chain_movement", s.txid) for s in trail.steps if s.to_address in trail.merges},
            )
        )
    lines.append(
        _fill(
            "Owners of these addresses, and requests to other exchanges to freeze.",
            "これらのアドレスの保有者及び他の交換業者等への凍結依頼の状況。",
        )
    )
    return Section(id="trail", title=Text("Trail over the first hops", "流出先の追跡（当初のホップ）"), statements=tuple(lines))


def _clients(told: Told) -> Section:
    lines = []
    for cover in told.covers:
        if cover.day is None:
            lines.append(
                _fill(
                    f"{cover.asset}: clients affected (no customer balances were given).",
                    f"{cover.asset}：影響を受ける利用者（利用者残高の記録がない）。",
                )
            )
            continue
        share = "–" if not cover.owed else f"{(cover.short / cover.owed):.4%}"
        held = "–" if cover.held is None else f"{cover.held.normalize():,f}"
        lines.append(
            _known(
                f"{cover.asset}: {cover.clients:,} clients were owed {cover.owed.normalize():,f} at the end of {cover.day}; customers' wallets last held {held}. "
                f"{cover.short.normalize():,f} is missing ({share} of every balance if shared in proportion), so {cover.affected:,} balances are not wholly covered; "
                f"the largest misses {(cover.largest * cover.short / cover.owed).quantize(Decimal('1e-8')).normalize():,f}. Guarantee crypto-assets held: {cover.guarantee.normalize():,f}.",
                f"{cover.asset}：{cover.day}末現在、利用者{cover.clients:,}名に対する債務は{cover.owed.normalize():,f}、利用者用ウォレットの直近残高は{held}。"
                f"不足は{cover.short.normalize():,f}（按分した場合、各残高の{share}）であり、{cover.affected:,}件の残高が全額は裏付けられていない。"
                f"最大の利用者の不足は{(cover.largest * cover.short / cover.owed).quantize(Decimal('1e-8')).normalize():,f}。履行保証暗号資産の残高は{cover.guarantee.normalize():,f}。",
                cover.names,
            )
        )
    if told.diverted:
        lines.append(
            _known(
                f"Clients whose own withdrawal was diverted or used as pretext: {_listed(told.diverted[:LISTED_MAX])}.",
                f"自らの出庫が差し替えられ又は口実とされた利用者：{_listed(told.diverted[:LISTED_MAX])}。",
                {("transfer", o.term.id) for o in told.event.outflows if o.term and o.term.account_id},
            )
        )
    lines.append(
        _fill(
            "How and when clients are made whole, under the published policy on performing debts (CAO 23(3)); the desk for clients.",
            "債務の履行に関する方針（内閣府令第23条第3項）に基づく補償の方法及び時期、利用者相談窓口。",
        )
    )
    lines.append(_fill("Services delayed or stopped.", "遅延又は停止した業務。"))
    return Section(id="clients", title=Text("Clients affected", "影響を受ける利用者"), statements=tuple(lines))


def _secondary(told: Told) -> Section:
    lines = []
    lost = told.event.lost
    for held in told.remaining:
        left = held.quantity - (lost.get(held.wallet.asset, Decimal(0)) if len(told.remaining) == 1 else Decimal(0))
        lines.append(
            _known(
                f"{held.wallet.wallet_id} held {held.quantity.normalize():,f} {held.wallet.asset} before ({jst(held.observed_at)}); at most {max(left, Decimal(0)).normalize():,f} still lies under the same keys.",
                f"{held.wallet.wallet_id}の事案前の残高は{held.quantity.normalize():,f} {held.wallet.asset}（{jst(held.observed_at)}）。同じ鍵の下に最大{max(left, Decimal(0)).normalize():,f}が残る。",
                [held.wallet.name, held.name],
            )
        )
    for held in told.at_risk:
        whose = Text("clients'", "利用者分") if held.wallet.holder in CUSTOMERS else Text(held.wallet.holder, held.wallet.holder)
        lines.append(
            _known(
                f"Under the same persons, place or device: {held.wallet.wallet_id}, {held.quantity.normalize():,f} {held.wallet.asset} ({whose.en}).",
                f"同じ保持者、保管場所又は機器によるウォレット：{held.wallet.wallet_id}、{held.quantity.normalize():,f} {held.wallet.asset}（{whose.ja}）。",
                [held.wallet.name, held.name],
            )
        )
    if told.not_observed:
        names = _listed(w.wallet_id for w in told.not_observed)
        lines.append(_fill(f"Balance of {names}: not observed before the event.", f"{names}の残高：事案前の観測がない。"))
    lines.append(
        _fill(
            "Keys isolated from the network, coins moved to wallets under other keys, other assets checked.",
            "鍵のネットワークからの隔離、別の鍵で管理するウォレットへの退避、他の暗号資産への影響の確認。",
        )
    )
    return Section(
        id="secondary",
        title=Text("Secondary damage: what lies under the same keys", "二次被害の防止（同じ鍵で管理する資産）"),
        statements=tuple(lines),
    )


def _measures() -> Section:
    items = (
        (
            "Measures against secondary damage (guideline Ⅱ-2-2-4-2(4)③イ).",
            "二次被害を防止するための措置（事務ガイドラインⅡ-2-2-4-2(4)③イ）。",
        ),
        ("Response to clients, with a desk (ロ).", "被害にあった利用者への対応、相談窓口（同ロ）。"),
        (
            "Reports to the authority and to all concerned, outsourcees included (ハ).",
            "当局及び外部委託先等の関係者への報告・連携（同ハ）。",
        ),
        ("Analysis of the cause and new measures to reduce the risk (ニ).", "原因分析及び新たなリスク低減措置（同ニ）。"),
        ("Servers and access logs preserved as evidence (ニ 注).", "関連するサーバー等の証拠保全、アクセスログの保存（同ニ注）。"),
    )
    return Section(id="measures", title=Text("Measures", "対応状況"), statements=tuple(_fill(en, ja) for en, ja in items))


def _logs(investigation: Investigation) -> Section:
    lines = [_gap(gap) for gap in investigation.gaps]
    if not lines:
        lines.append(
            _note(
                "Movements, approvals and balances explain each other; no gap was found in what was given.",
                "移転、承認及び残高は相互に整合し、与えられた記録に欠落は見つからなかった。",
            )
        )
    return Section(id="logs", title=Text("Gaps in the logs (whole records)", "ログの欠落（記録全体）"), statements=tuple(lines))


_GAPS = {
    "balance_not_explained": Text("balances below what the logged movements explain", "ログ上の移転で説明できない残高の減少"),
    "before_approval": Text("movements before their approval was entered", "承認の記録より前の移転"),
    "long_after_approval": Text("movements long after their approval", "承認から長時間経過後の移転"),
    "seen_otherwise": Text("movements of which somebody was shown another destination", "関与者に別の宛先が示された移転"),
    "approved_not_moved": Text("approvals without a movement", "移転の記録がない承認"),
    "paid_less": Text("payments below what was approved", "承認数量を下回る支払"),
    "internal_without_approval": Text("internal movements without approval", "承認の記載がない自社ウォレット間の移転"),
    "missing_numbers": Text("missing numbers in otherwise consecutive ids", "連番の欠番"),
}


def _gap(gap: Gap) -> Statement:
    words = _GAPS[gap.kind]
    items = _listed(short_address(item) for item in gap.items[:10]) + (" …" if gap.number > 10 else "")
    return _known(f"{gap.number:,} {words.en}: {items}", f"{words.ja} {gap.number:,}件：{items}", gap.names)


def _clocks(told: Told, terms: Terms) -> tuple[Clock, ...]:
    """The terms that run, each with the text it comes from; a day is given only where the law gives one."""
    first = (told.event.first_at + JAPAN).date()
    start = first if terms.recognised_at is None else (terms.recognised_at + JAPAN).date()
    since = (
        Text(
            "counted from the day of the first movement, the earliest on which it could be recognised",
            "最初の移転の日（認識し得る最も早い日）から起算",
        )
        if terms.recognised_at is None
        else Text("counted from the day of recognition as stated", "申告された認識日から起算")
    )
    clocks = [
        Clock(
            name=Text(
                "Report of the fact, and the fault report (障害発生等報告書, form 1)", "事実の報告及び障害発生等報告書（別紙様式1）"
            ),
            due=None,
            because=Text("at once on recognition; no number of hours is named", "認識次第直ちに（時間数の定めはない）"),
            source="G16 Ⅱ-2-3-1-1-3",
        ),
        Clock(
            name=Text("State of affairs, while the cause is unknown", "原因未解明の場合の現状報告"),
            due=None if terms.status_report_months is None else months_end_on(start, terms.status_report_months).isoformat(),
            because=Text(
                f"within a month; the text does not name the day from which it counts: here {since.en}",
                f"1か月以内。起算日は明示されていない（ここでは{since.ja}）",
            ),
            source="G16 Ⅱ-2-3-1-1-3",
        ),
        Clock(
            name=Text("Report again at recovery and when the cause is found", "復旧時及び原因解明時の報告"),
            due=None,
            because=Text("when it happens", "その都度"),
            source="G16 Ⅱ-2-3-1-1-3",
        ),
    ]
    if any(cover.short > 0 for cover in told.covers):
        due = None if terms.cure_business_days is None else BusinessDays().add(first, terms.cure_business_days).isoformat()
        clocks.append(
            Clock(
                name=Text("Shortfall of clients' crypto-assets made good", "利用者の暗号資産の不足の解消"),
                due=due,
                because=Text(
                    "five business days counted from the day after it arose, or a shorter withdrawal term",
                    "不足が生じた日の翌日から起算して5営業日以内（より短い払出期限があればその期限）",
                ),
                source="G16 Ⅱ-2-2-3-2(3)④ 注2",
            )
        )
    clocks.append(
        Clock(
            name=Text("If personal data of clients leaked as well: report of the leak", "個人データの漏えい等があった場合の報告"),
            due=None,
            because=Text(
                "promptly; nothing in these records tells whether it did", "速やかに（漏えいの有無は本記録からは分からない）"
            ),
            source="CAO 14-2",
        )
    )
    return tuple(clocks)


def overlaps(told: Told, starts: datetime | None, until: datetime | None) -> bool:
    """Whether an event lies in a period, both ends optional."""
    return (until is None or told.event.first_at < until) and (starts is None or told.event.last_at >= starts)


def name_text(name: Name) -> str:
    """A record as the draft names it."""
    return f"{name[0]} {name[1]}"
