"""Rumour: words about an asset by somebody who bought before, and sold to those who believed them; and prices that never were.

No record shows whether a text is true. What the records show is the structure: who published, what he and those behind whom he
stands had traded before, what the price did after, and what he did then. A scheme is told by four signs that come together:

* built: before publishing he had taken a position in the direction of his words, one way;
* reaction: after it the price went that way further than it usually goes in that time;
* unwound: he traded out of the position into it;
* gain: at better prices than he had paid.

Who holds no position, who keeps it, and who speaks after the price has moved, does none of this.

A quotation in the text is compared with the tape only where it can be read with certainty: the asset, a phrase that says
"trades at", a number, and the yen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from sekisho.typologies.ownership import OWNING, Link
from sekisho.typologies.trades import Trade, window_number, window_of

if TYPE_CHECKING:
    from sekisho.records import Records

UP: Final = 1
DOWN: Final = -1
_PLACES: Final = 4
_NUMBER: Final = r"(?:[¥￥]|JPY\s?)?(?P<price>\d[\d,]*(?:\.\d+)?)"
_BESIDE: Final = 4
"""So many letters after the number the yen may stand."""
_YEN: Final = re.compile(r"[¥￥円]|JPY|yen", re.IGNORECASE)


class Post(NamedTuple):
    """One row of ``communication``."""

    communication_id: str
    published_at: datetime
    channel: str
    publisher_party_id: str
    language: str
    text: str


class Claim(NamedTuple):
    """A post about one asset. ``direction`` is UP, DOWN or 0 where the words do not say."""

    post: Post
    asset: str
    direction: int


class Quotation(NamedTuple):
    """A post that names a price in yen of one asset."""

    post: Post
    asset: str
    price: Decimal


class Words(NamedTuple):
    """How texts are read: other names of assets (``BTC=bitcoin``), words that say up or down, phrases that quote a price."""

    names: tuple[str, ...]
    up: tuple[str, ...]
    down: tuple[str, ...]
    quoting: tuple[str, ...]


class Bar(NamedTuple):
    """The prices of one stretch of time: last, lowest, highest, and the last trade."""

    last: Decimal
    low: Decimal
    high: Decimal
    trade_id: str


class Bars:
    """The bars of one instrument in order of time; exact values are made of those that are asked for."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows
        self.numbers: np.ndarray[Any, Any] = rows["window"].to_numpy()

    def between(self, first: int, last: int) -> list[Bar]:
        """The bars from one number to another, both included."""
        start, end = np.searchsorted(self.numbers, first, "left"), np.searchsorted(self.numbers, last, "right")
        rows = self._rows.slice(int(start), int(end - start)).select(Bar._fields)
        return [Bar(**row) for row in rows.to_pylist()]

    @cached_property
    def prices(self) -> np.ndarray[Any, Any]:
        """The last price of each bar."""
        return np.array([float(price) for price in self._rows["last"].to_pylist()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a scheme is looked for. Times in seconds, shares from 0 to 1.

    ``usual`` is the quantile of the moves in as much time before the post up to which a move is a usual one, and ``full`` the
    multiple of it that leaves no doubt.
    """

    before: int
    after: int
    bar: int
    usual: Decimal | int
    full: Decimal | int
    built_share: Decimal | int
    unwound_share: Decimal | int


@dataclass(frozen=True, slots=True)
class Scheme:
    """One post and what its publisher did around it. Quantities in the base asset, the gain in the quote asset."""

    claim: Claim
    instrument: str
    account_ids: tuple[str, ...]
    links: tuple[Link, ...]
    direction: int
    built: Decimal
    reaction: Decimal
    unwound: Decimal
    moved: Decimal
    position: Decimal
    sold: Decimal
    gain: Decimal
    before: tuple[Trade, ...]
    after: tuple[Trade, ...]

    @property
    def score(self) -> Decimal:
        """The geometric mean of the signs, so that none can be missing."""
        signs = [float(sign) for sign in (self.built, self.reaction, self.unwound)]
        return _rounded(float(np.cbrt(np.prod(signs))))


class Contradiction(NamedTuple):
    """A price quoted, and the range in which the asset really traded around that moment."""

    quotation: Quotation
    instrument: str
    low: Decimal
    high: Decimal
    off: Decimal
    trades: tuple[str, ...]

    def score(self, tolerance: Decimal) -> Decimal:
        """From one half, where it is just beyond what is tolerated, towards 1."""
        return _rounded(float(self.off / (self.off + tolerance)))


class Standing(NamedTuple):
    """The accounts behind a party, and the links that lead to them."""

    account_ids: tuple[str, ...]
    links: tuple[Link, ...]


class Tape:
    """What the rule needs of the trades: bars of the assets spoken of, and the publishers' own trades."""

    def __init__(self, instruments: Mapping[str, tuple[str, ...]], bars: Mapping[str, Bars], own: Sequence[Trade]) -> None:
        self.instruments, self.bars = instruments, bars
        self.own: dict[tuple[str, str], list[Trade]] = defaultdict(list)
        for trade in own:
            for account in {trade.buy_account_id, trade.sell_account_id}:
                self.own[trade.instrument, account].append(trade)


def posts_of(records: Records) -> list[Post]:
    """All communications, in order of time."""
    rows = records.communication.select(*Post._fields).to_pyarrow().to_pylist()
    return sorted((Post(**row) for row in rows), key=lambda post: (post.published_at, post.communication_id))


def claims(posts: Iterable[Post], assets: Iterable[str], words: Words) -> list[Claim]:
    """What the posts say about which assets. Tickers count in capitals as words of their own, so that ``near`` is not NEAR."""
    patterns = {asset: _mention(asset, words.names) for asset in sorted(assets)}
    return [
        Claim(post, asset, _direction(post.text, words))
        for post in posts
        for asset, pattern in patterns.items()
        if pattern.search(post.text)
    ]


def quotations(posts: Iterable[Post], assets: Iterable[str], words: Words) -> list[Quotation]:
    """Prices in yen that the posts say assets trade at; a phrase without the yen beside it is not read."""
    posts = [post for post in posts if _YEN.search(post.text) and _has_phrase(post.text, words)]
    named = [asset for asset in sorted(assets) if _may_quote(posts, asset, words)]
    patterns = [(asset, pattern) for asset in named for pattern in _quoting(asset, words)]
    return [
        Quotation(post, asset, Decimal(match["price"].replace(",", "")))
        for post in posts
        for asset, pattern in patterns
        for match in pattern.finditer(post.text)
        if _YEN.search(match.group(0) + post.text[match.end() : match.end() + _BESIDE])
    ]


def instruments_of(records: Records) -> dict[str, tuple[str, ...]]:
    """The instruments traded, by base asset."""
    listed = records.optional("instrument").select("instrument", "base_asset").to_pyarrow().to_pylist()
    base = {row["instrument"]: row["base_asset"] for row in listed}
    traded = records.trade.select("instrument").distinct().to_pyarrow()["instrument"].to_pylist()
    found: dict[str, list[str]] = defaultdict(list)
    for name in sorted(traded):
        found[base.get(name) or name.partition("/")[0]].append(name)
    return {asset: tuple(names) for asset, names in found.items()}


def standings(records: Records, posts: Iterable[Post]) -> dict[str, Standing]:
    """The accounts behind each publisher: his own, and those of parties tied to his by ownership when he published."""
    account = records.optional("account").select("account_id", "party_id").to_pyarrow().to_pylist()
    accounts: dict[str, list[str]] = defaultdict(list)
    for row in account:
        accounts[row["party_id"]].append(row["account_id"])
    links = [Link(**row) for row in records.optional("party_link").select(*Link._fields).to_pyarrow().to_pylist()]
    beside: dict[str, list[tuple[str, Link]]] = defaultdict(list)
    for link in sorted((each for each in links if each.relation in OWNING), key=lambda each: each.record_id):
        beside[link.party_id].append((link.linked_party_id, link))
        beside[link.linked_party_id].append((link.party_id, link))
    found: dict[str, Standing] = {}
    for post in posts:
        came: dict[str, tuple[Link, ...]] = {post.publisher_party_id: ()}
        waiting = [post.publisher_party_id]
        day = (post.published_at + timedelta(hours=9)).date()
        while waiting:
            party = waiting.pop(0)
            for other, link in beside[party]:
                if other not in came and link.holds_on(day):
                    came[other] = (*came[party], link)
                    waiting.append(other)
        held = sorted(account for party in came for account in accounts[party])
        used = {link for party in came if accounts[party] for link in came[party]}
        found[post.communication_id] = Standing(tuple(held), tuple(sorted(used, key=lambda link: link.record_id)))
    return found


def tape_of(records: Records, instruments: Mapping[str, tuple[str, ...]], own: Iterable[Trade], seconds: int) -> Tape:
    """Bars of the instruments named, and in them the publishers' ``own`` trades, in order of sequence."""
    names = instruments_named(instruments)
    if not names:
        return Tape(instruments, {}, ())
    spoken = records.memory("spoken_of", pa.table({"instrument": pa.array(names, pa.string())}))
    trade = records.trade.semi_join(spoken, "instrument")
    timed = trade.mutate(window=window_number(trade.executed_at, seconds))
    rows = timed.group_by("instrument", "window").aggregate(
        last=timed.price.argmax(timed.sequence),
        low=timed.price.min(),
        high=timed.price.max(),
        trade_id=timed.trade_id.argmax(timed.sequence),
    )
    named = (each._replace(buy_account_id=each.buy_account_id or "", sell_account_id=each.sell_account_id or "") for each in own)
    return Tape(instruments, _bars(rows.to_pyarrow()), list(named))


def instruments_named(instruments: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Every instrument of these assets, once, by name."""
    return sorted({name for each in instruments.values() for name in each})


def _bars(rows: pa.Table) -> dict[str, Bars]:
    """Bars by instrument."""
    ordered = rows.sort_by([("instrument", "ascending"), ("window", "ascending")]).combine_chunks()
    counted = ordered["instrument"].value_counts().to_pylist()  # in order of first appearance
    ends = accumulate(each["counts"] for each in counted)
    return {one["values"]: Bars(ordered.slice(end - one["counts"], one["counts"])) for one, end in zip(counted, ends, strict=True)}


def schemes(found: Iterable[Claim], standing: Mapping[str, Standing], tape: Tape, shape: Shape) -> list[Scheme]:
    """The schemes around these claims, in order of time. Posts of one publisher about the same trades are one, the strongest."""
    every = []
    for claim in found:
        for instrument in tape.instruments.get(claim.asset, ()):
            scheme = _scheme(claim, instrument, standing[claim.post.communication_id], tape, shape)
            if scheme is not None:
                every.append(scheme)
    kept: list[Scheme] = []
    for scheme in sorted(every, key=lambda one: (-one.score, one.claim.post.published_at, one.claim.post.communication_id)):
        trades = {trade.trade_id for trade in scheme.after}
        if all(trades.isdisjoint({trade.trade_id for trade in other.after}) for other in kept):
            kept.append(scheme)
    return sorted(kept, key=lambda one: (one.claim.post.published_at, one.claim.post.communication_id, one.instrument))


def contradictions(quoted: Iterable[Quotation], tape: Tape, seconds: int, around: int) -> list[Contradiction]:
    """The quotations outside the range in which the asset traded around their time; silence of the tape contradicts nothing."""
    found = []
    for quotation in quoted:
        at = window_of(quotation.post.published_at, seconds)
        reach = around // seconds
        ranges = []
        for instrument in tape.instruments.get(quotation.asset, ()):
            known = tape.bars.get(instrument) if instrument.endswith("/JPY") else None
            bars = known.between(at - reach, at + reach) if known else []
            if bars:
                ends = sorted({bars[0].trade_id, bars[-1].trade_id})
                ranges.append((min(bar.low for bar in bars), max(bar.high for bar in bars), instrument, tuple(ends)))
        if not ranges:
            continue
        low, high = min(each[0] for each in ranges), max(each[1] for each in ranges)
        off = max(low - quotation.price, quotation.price - high, Decimal(0)) / (low if quotation.price < low else high)
        if off > 0:
            found.append(Contradiction(quotation, ranges[0][2], low, high, _rounded(float(off)), ranges[0][3]))
    return found


def _scheme(claim: Claim, instrument: str, standing: Standing, tape: Tape, shape: Shape) -> Scheme | None:
    at = claim.post.published_at
    accounts = [account for account in standing.account_ids if tape.own.get((instrument, account))]
    own = {trade.trade_id: trade for account in accounts for trade in tape.own[instrument, account]}
    before = [t for t in own.values() if timedelta(0) < at - t.executed_at <= timedelta(seconds=shape.before)]
    after = [t for t in own.values() if timedelta(0) <= t.executed_at - at <= timedelta(seconds=shape.after)]
    if not before or not after:
        return None
    behind = set(accounts)
    net = sum((_signed(trade, behind) for trade in before), Decimal(0))
    gross = sum((trade.quantity for trade in before), Decimal(0))
    direction = claim.direction or (UP if net > 0 else DOWN)
    position = net * direction
    built = position / gross
    out = -sum((_signed(trade, behind) for trade in after), Decimal(0)) * direction
    if position <= 0 or built < shape.built_share or out < shape.unwound_share * position:
        return None
    entering = [trade for trade in before if _signed(trade, behind) * direction > 0]
    leaving = [trade for trade in after if _signed(trade, behind) * direction < 0]
    gain = (_mean_price(leaving) - _mean_price(entering)) * direction * min(out, position)
    moved, reaction = _reaction(tape, instrument, at, direction, shape)
    if gain <= 0 or reaction <= 0:
        return None
    return Scheme(
        claim,
        instrument,
        tuple(sorted({a for t in (*entering, *leaving) for a in t.pair if a in behind})),
        standing.links,
        direction,
        _rounded(float(built)),
        _rounded(reaction),
        _rounded(min(1.0, float(out / position))),
        _rounded(moved),
        position,
        out,
        gain,
        tuple(entering),
        tuple(leaving),
    )


def _signed(trade: Trade, behind: set[str]) -> Decimal:
    """Bought (positive) or sold by those behind the post; a trade between two of them changes nothing."""
    return trade.quantity * ((trade.buy_account_id in behind) - (trade.sell_account_id in behind))


def _mean_price(trades: Sequence[Trade]) -> Decimal:
    return sum((trade.notional for trade in trades), Decimal(0)) / sum((trade.quantity for trade in trades), Decimal(0))


def _reaction(tape: Tape, instrument: str, at: datetime, direction: int, shape: Shape) -> tuple[float, float]:
    """The largest move in the direction after the post, and how far it goes beyond a usual one of as much time before.

    Where the price had already gone that way within twice that time, the words led only the rest of the move.
    """
    numbers, prices = tape.bars[instrument].numbers, tape.bars[instrument].prices
    steps = max(1, shape.after // shape.bar)
    now = int(np.searchsorted(numbers, window_of(at, shape.bar), "left"))
    if now == 0 or now >= len(numbers):
        return 0.0, 0.0
    filled = prices[np.searchsorted(numbers, np.arange(numbers[0], numbers[-1] + 1), "right") - 1]
    here = window_of(at, shape.bar) - int(numbers[0]) - 1
    moved = float(((filled[here + 1 : here + 1 + steps] / filled[here] - 1) * direction).max())
    starts = range(0, max(0, here - steps), max(1, steps // 4))
    usual = [float(np.abs(filled[start + 1 : start + 1 + steps] / filled[start] - 1).max()) for start in starts]
    if not usual:
        return moved, 0.0
    bar = float(np.quantile(usual, float(shape.usual)))
    earlier = max(0.0, float(((filled[here] / filled[max(0, here - 2 * steps) : here + 1] - 1) * direction).max()))
    led = moved / (moved + earlier) if moved > 0 else 0.0
    further = 1.0 if bar <= 0 else max(0.0, min(1.0, (moved / bar - 1) / (float(shape.full) - 1)))
    return moved, further * led


def _mention(asset: str, names: Iterable[str]) -> re.Pattern[str]:
    """The ticker in capitals as a word, or one of its other names; words of Latin letters need not be capitals."""
    parts = [rf"(?<![A-Za-z0-9]){re.escape(asset)}(?![A-Za-z0-9])"]
    for name in (name.partition("=")[2] for name in names if name.partition("=")[0] == asset):
        plain = re.escape(name)
        parts.append(rf"(?i:(?<![A-Za-z0-9]){plain}(?![A-Za-z0-9]))" if name.isascii() else plain)
    return re.compile("|".join(parts))


def _may_quote(posts: Sequence[Post], asset: str, words: Words) -> bool:
    """Whether a post names the asset at all, which every phrase with an asset in it must; spelling the phrases out is dear."""
    mention = _mention(asset, words.names)
    return any("{asset}" not in phrase for phrase in words.quoting) or any(mention.search(post.text) for post in posts)


def _has_phrase(text: str, words: Words) -> bool:
    """Whether the fixed words of a quoting phrase stand in a text at all."""
    return any(all(part in text for part in re.split(r"\{asset\}|\{price\}", phrase)) for phrase in words.quoting)


def _quoting(asset: str, words: Words) -> list[re.Pattern[str]]:
    mention = f"(?:{_mention(asset, words.names).pattern})(?:/JPY)?"
    phrases = (phrase.partition("{price}") for phrase in words.quoting)
    return [
        re.compile(re.escape(start).replace(re.escape("{asset}"), mention) + r"\s?" + _NUMBER + re.escape(end))
        for start, _, end in phrases
    ]


def _direction(text: str, words: Words) -> int:
    folded = text.casefold()
    up, down = (sum(folded.count(word.casefold()) for word in each) for each in (words.up, words.down))
    return UP if up > down else DOWN if down > up else 0


def _rounded(number: float) -> Decimal:
    return Decimal(str(round(number, _PLACES)))
