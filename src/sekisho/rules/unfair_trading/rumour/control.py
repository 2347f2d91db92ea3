"""Rumour and false quotation: words about an asset beside what their publisher traded, and quotations beside the tape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.order_lookup import trades_of
from sekisho.typologies.rumour import (
    DOWN,
    Contradiction,
    Scheme,
    Shape,
    Words,
    claims,
    contradictions,
    instruments_named,
    instruments_of,
    posts_of,
    quotations,
    schemes,
    standings,
    tape_of,
)
from sekisho.typologies.trades import YenValue, yen_value

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each post whose publisher traded out of a position into it, and for each price quoted that never was."""
    posts = [post for post in posts_of(records) if post.published_at.date() >= p.prohibited_since]
    words = Words(p.asset_names, p.words_up, p.words_down, p.quoting_phrases)
    traded = instruments_of(records)
    said, quoted = claims(posts, traded, words), quotations(posts, traded, words)
    behind = standings(records, posts)
    assets = {claim.asset for claim in said} | {quotation.asset for quotation in quoted}
    spoken = {asset: traded[asset] for asset in sorted(assets)}
    accounts = {account for one in behind.values() for account in one.account_ids}
    tape = tape_of(records, spoken, trades_of(records, accounts, instruments_named(spoken)), p.bar_seconds)

    told = [scheme for scheme in schemes(said, behind, tape, _shape(p)) if scheme.score >= p.score_min]
    yen = yen_value(records.optional("instrument"), records.optional("reference_price"), (one.instrument for one in told))
    yield from (_rumour(scheme, yen) for scheme in told)
    for each in contradictions(quoted, tape, p.bar_seconds, p.quoted_around_seconds):
        if each.off >= p.off_share_min:
            yield _false_quotation(each, p)


def _rumour(scheme: Scheme, yen: YenValue) -> Found:
    post = scheme.claim.post
    trades = (*scheme.before, *scheme.after)
    return Found(
        subject_kind="account" if len(scheme.account_ids) == 1 else "accounts",
        subject_id="|".join(scheme.account_ids),
        instrument=scheme.instrument,
        asset=scheme.claim.asset,
        window_from=min(trade.executed_at for trade in trades),
        window_until=max(trade.executed_at for trade in trades) + timedelta.resolution,
        score=scheme.score,
        amount_jpy=yen.of(scheme.after),
        evidence=_evidence(scheme),
        sentence="down" if scheme.direction == DOWN else "default",
        facts={
            "publisher": post.publisher_party_id,
            "post": post.communication_id,
            "published_at": post.published_at,
            "channel": post.channel,
            "asset": scheme.claim.asset,
            "position": scheme.position,
            "moved": scheme.moved,
            "traded_out": scheme.sold,
            "gain": round(scheme.gain),
            "built": scheme.built,
            "reaction": scheme.reaction,
            "unwound": scheme.unwound,
        },
    )


def _evidence(scheme: Scheme) -> tuple[Evidence, ...]:
    trades = {Evidence("trade", trade.trade_id) for trade in (*scheme.before, *scheme.after)}
    links = {Evidence("party_link", link.record_id) for link in scheme.links}
    return tuple(sorted({Evidence("communication", scheme.claim.post.communication_id), *trades, *links}))


def _false_quotation(each: Contradiction, p: Parameters) -> Found:
    post = each.quotation.post
    trades = (Evidence("trade", trade) for trade in each.trades)
    return Found(
        subject_kind="party",
        subject_id=post.publisher_party_id,
        instrument=each.instrument,
        asset=each.quotation.asset,
        window_from=post.published_at,
        window_until=post.published_at + timedelta.resolution,
        score=each.score(p.off_share_min),
        evidence=tuple(sorted({Evidence("communication", post.communication_id), *trades})),
        sentence="quotation",
        facts={
            "post": post.communication_id,
            "published_at": post.published_at,
            "channel": post.channel,
            "asset": each.quotation.asset,
            "quoted": each.quotation.price,
            "low": each.low,
            "high": each.high,
            "off": each.off,
        },
    )


def _shape(p: Parameters) -> Shape:
    return Shape(
        before=p.before_seconds,
        after=p.after_seconds,
        bar=p.bar_seconds,
        usual=p.usual_share,
        full=p.moved_full_ratio,
        built_share=p.built_share_min,
        unwound_share=p.unwound_share_min,
    )
