"""A penalty case: what a person did, when, at which prices, as a file that an investigator writes or Sekisho fills.

Strict: a key that is not known is refused with the list of those that are. Amounts and prices are exact decimals (JSON numbers
or strings); a time carries its zone (``2026-05-02T11:36:00+09:00``) or is a whole Japan day (``2026-05-02``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from sekisho.records.errors import RecordsError
from sekisho.typologies import monetary_penalty as arithmetic
from sekisho.typologies.monetary_penalty import ZERO, Fill, Line, MissingFigure, Window

JAPAN = timezone(timedelta(hours=9))
_MOMENT = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2}))?$"
_SIGNED = frozenset({"opening_position", "computed_jpy", "latest_trade_jpy"})
_ASIDE_MAX = 12
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])$")

Moment = Annotated[
    str, Meta(pattern=_MOMENT, description="A time with its zone, or a whole Japan day.", examples=["2026-05-02T11:36:00+09:00"])
]
Positive = Annotated[Decimal, Meta(description="Above zero.")]
NotNegative = Annotated[Decimal, Meta(description="Zero or above.")]
Violation = Literal[
    "insider", "tipping", "rumour", "wash", "matched", "manipulation", "stabilisation",
    "fraud", "unregistered_exchange", "unregistered_fiea_business", "name_lending_exchange", "name_lending_fiea_business",
]  # fmt: skip


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Every part of a case refuses keys it does not know, and figures below zero where none can be."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            figure = getattr(self, name)
            if not isinstance(figure, Decimal) or name in _SIGNED:
                continue
            if not figure.is_finite() or figure < 0 or (name == "quantity" and figure == 0):
                raise ValueError(
                    f"`{name}` is {figure}; it must be a figure {'above zero' if name == 'quantity' else 'not below zero'}"
                )


class Trade(_Strict, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One sale or purchase. ``account``: own; close_person (a company the offender controls, the same household);
    issuer (an officer trading for the listed company); other (anyone else's account)."""

    executed_at: Moment
    side: Literal["sell", "buy"]
    price: NotNegative
    quantity: Positive
    account: Literal["own", "close_person", "issuer", "other"] = "own"
    instrument: str | None = None
    trade_id: str | None = None

    def __post_init__(self) -> None:
        _Strict.__post_init__(self)
        moment(self.executed_at)

    @property
    def day(self) -> date:
        """The Japan day of the trade."""
        return japan_day(self.executed_at)


class Publication(_Strict, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """When the material fact was published, and where."""

    published_at: Moment
    channel: str | None = None

    def __post_init__(self) -> None:
        _Strict.__post_init__(self)
        moment(self.published_at)


class DailyPrice(_Strict, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The lowest and highest official price of a Japan day. On the day of publication, or of the end of the violation, the
    prices are those a Cabinet Office Order sets (after the event); the case states them."""

    date: date
    low: NotNegative | None = None
    high: NotNegative | None = None


class OpeningPosition(_Strict, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was held (long) or owed (short, sold without having or borrowed) when the violation began."""

    long: NotNegative = ZERO
    short: NotNegative = ZERO


class Issuance(_Strict, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The offender's own issuance, or hand-over in a reorganisation, of the asset; until a month after the end it counts."""

    quantity: Positive
    issued_on: date | None = None


class Prices(_Strict, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is known of one issue: prices to measure against, the opening position, the offender's own issuance.

    ``start_price``: at the start of the violation; ``price_before``: the last one published before it (rumour, fraud).
    ``opening_position``: a number (negative is short) or ``{"long": .., "short": ..}``.
    """

    lowest_price: NotNegative | None = None
    highest_price: NotNegative | None = None
    prices_after: tuple[DailyPrice, ...] = ()
    prices_until: date | None = None
    start_price: NotNegative | None = None
    price_before: NotNegative | None = None
    average_price_during: NotNegative | None = None
    average_price_after: NotNegative | None = None
    opening_position: Decimal | OpeningPosition | None = None
    own_issuance: tuple[Issuance, ...] = ()

    def extreme(self, which: str, window: Window, what: str) -> Decimal | None:
        """The lowest (``low``) or highest (``high``) price of the window: as stated, or out of the daily prices."""
        stated = self.lowest_price if which == "low" else self.highest_price
        if stated is not None:
            return stated
        if self.prices_after and self.prices_until is not None and self.prices_until < window.last:
            raise MissingFigure(f"{what}: prices are known until {self.prices_until} only; the window ends on {window.last}")
        prices = [p for row in self.prices_after if row.date in window and (p := getattr(row, which)) is not None]
        if self.prices_after and not prices:
            raise MissingFigure(f"{what}: 'prices_after' has no '{which}' between {window.first} and {window.last}")
        return (min if which == "low" else max)(prices, default=None)

    @property
    def opening(self) -> OpeningPosition:
        """The opening position as two quantities."""
        if isinstance(self.opening_position, OpeningPosition):
            return self.opening_position
        net = self.opening_position or ZERO
        return OpeningPosition(long=max(net, ZERO), short=max(-net, ZERO))


class Issue(Prices, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One issue of a case with several."""

    instrument: str


class ForOthers(_Strict, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was earned by trading for somebody else's account.

    An asset manager: the management fee of the month of the trades (``monthly_fee_jpy``, or ``fees_by_month`` with keys such
    as ``2026-05``, of which the last month with trades counts). Anyone else: ``consideration_jpy``.
    """

    asset_manager: bool = False
    monthly_fee_jpy: NotNegative | None = None
    fees_by_month: dict[str, NotNegative] | None = None
    consideration_jpy: NotNegative | None = None
    client: str | None = None

    def __post_init__(self) -> None:
        _Strict.__post_init__(self)
        wrong = [month for month in self.fees_by_month or {} if not _MONTH.match(month)]
        if wrong:
            raise ValueError(f"`fees_by_month`: '{wrong[0]}' is not a month such as 2026-05")
        fees = self.monthly_fee_jpy is not None or self.fees_by_month is not None
        if fees == (self.consideration_jpy is not None) or fees != self.asset_manager:
            raise ValueError(
                "give `asset_manager: true` with `monthly_fee_jpy` or `fees_by_month`, "
                "or `asset_manager: false` with `consideration_jpy`"
            )


class Tip(_Strict, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A tip or recommendation. The trades of the case are the recipient's.

    ``business``: none; intermediary (broking); offering. ``monthly_consideration_jpy`` is what the recipient paid for broking in
    the month of the tip (the last, if several); ``offering_consideration_jpy`` what the offering and underwriting paid.
    """

    tipped_at: Moment | None = None
    business: Literal["none", "intermediary", "offering"] = "none"
    monthly_consideration_jpy: NotNegative | None = None
    offering_consideration_jpy: NotNegative | None = None
    decisions_on_same_offering: Annotated[int, Meta(ge=1)] = 1
    offering_already_ordered: bool = False

    def __post_init__(self) -> None:
        _Strict.__post_init__(self)
        if self.tipped_at is not None:
            moment(self.tipped_at)


class PriorOrder(_Strict, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An earlier order against the same person (or a decision that none was made because confiscation covered it)."""

    ordered_on: date
    lawsuit_pending: bool = False


class PenaltyCase(Prices, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A case. Prices and position may stand here for one issue, or in ``issues`` for several."""

    violation: Violation
    object: Literal["crypto", "security"] = "crypto"
    title: str | None = None
    offender: str | None = None
    instrument: str | None = None
    violation_from: Moment | None = None
    violation_until: Moment | None = None
    publication: Publication | None = None
    trades: tuple[Trade, ...] = ()
    issues: tuple[Issue, ...] = ()
    for_others: ForOthers | tuple[ForOthers, ...] | None = None
    tip: Tip | None = None
    tender_offer: bool = False
    for_gain: bool = False
    prior_orders: tuple[date | PriorOrder, ...] = ()
    self_reported: bool = False
    own_share_acquisition: bool = False
    confiscation_jpy: NotNegative = ZERO
    proceedings_opened_on: date | None = None
    decision_dispatched_on: date | None = None
    judgment_final_on: date | None = None
    computed_jpy: Decimal | None = None
    latest_trade_jpy: Decimal | None = None
    price_source: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _Strict.__post_init__(self)
        for text in (self.violation_from, self.violation_until):
            if text is not None:
                moment(text)
        if self.violation_from and self.violation_until and self.begins_at > self.ends_at:
            raise ValueError("`violation_until` lies before `violation_from`")
        named = {trade.instrument for trade in self.trades if trade.instrument}
        known = {issue.instrument for issue in self.issues}
        if self.issues and (unknown := sorted(named - known)):
            raise ValueError(f"trades name instrument {unknown[0]}, which has no entry in `issues`")
        if len(self.issues) > 1 and any(trade.instrument is None for trade in self.trades):
            raise ValueError("with several `issues` every trade names its `instrument`")
        if not self.issues and len(named | ({self.instrument} - {None})) > 1:
            raise ValueError("trades name several instruments: give `issues`, one entry for each")
        kinds = {trade.account for trade in self.trades}
        if "issuer" in kinds and kinds & {"own", "close_person"}:
            raise ValueError("trades for the issuer's account are charged to the issuer: make a case of their own")

    @property
    def begins_at(self) -> datetime:
        """When the violation began (UTC)."""
        return moment(self._stated("violation_from"))

    @property
    def ends_at(self) -> datetime:
        """When the violation ended (UTC); the end of the day where only a day is stated."""
        text = self._stated("violation_until")
        return moment(text) + (timedelta(days=1, microseconds=-1) if len(text) == len("2026-05-02") else timedelta())

    @property
    def ended_on(self) -> date:
        """The Japan day on which the violation ended."""
        return japan_day(self._stated("violation_until"))

    @property
    def published_at(self) -> datetime:
        """When the fact was published (UTC)."""
        if self.publication is None:
            raise MissingFigure("'publication' is not given; the formula counts from the time of publication")
        return moment(self.publication.published_at)

    def _stated(self, name: str) -> str:
        text = getattr(self, name)
        if text is None:
            raise MissingFigure(f"'{name}' is not given and the formula needs it")
        return str(text)

    def each_issue(self) -> Iterator[tuple[str, Prices, tuple[Trade, ...]]]:
        """Every issue with its prices and its trades, in the order of the case."""
        if not self.issues:
            name = self.instrument or next((t.instrument for t in self.trades if t.instrument), None) or "the issue"
            yield name, self, self.trades
            return
        for issue in self.issues:
            mine = tuple(t for t in self.trades if t.instrument in (issue.instrument, None))
            yield issue.instrument, issue, mine

    def counted(self, trade: Trade, until: datetime | None = None) -> bool:
        """Whether a trade lies in the violation period (up to ``until``); a trade dated by day counts on both end days."""
        last = until or self.ends_at
        if _is_day(trade.executed_at):
            return self.begins_at.astimezone(JAPAN).date() <= trade.day <= last.astimezone(JAPAN).date()
        return self.begins_at <= moment(trade.executed_at) <= last


def fill(trade: Trade, number: int) -> Fill:
    """A trade as the arithmetic takes it; without an id it is called by its place in the case."""
    name = trade.trade_id or f"trade {number}"
    return Fill(at=moment(trade.executed_at), side=trade.side, quantity=trade.quantity, price=trade.price, name=name)


def fills(trades: Sequence[Trade], accounts: frozenset[str], case: PenaltyCase, wanted: Any = None) -> tuple[Fill, ...]:
    """The trades on these accounts that are ``wanted``, numbered as they stand in the case."""
    numbers = {id(trade): number for number, trade in enumerate(case.trades, start=1)}
    return tuple(fill(t, numbers[id(t)]) for t in trades if t.account in accounts and (wanted is None or wanted(t)))


def left_aside(case: PenaltyCase, taken: Callable[[Trade], bool]) -> list[Line]:
    """A line for every trade of the case that does not count, so that none drops out in silence."""
    named = [(trade, fill(trade, number).name) for number, trade in enumerate(case.trades, start=1) if not taken(trade)]
    lines = [
        Line(f"left aside: {t.side} {name}", f"{t.account}, {t.executed_at}: not in the time that counts", ZERO)
        for t, name in named
    ]
    return lines if len(lines) <= _ASIDE_MAX else [Line("left aside", f"{len(lines)} trades not in the time that counts", ZERO)]


def fees(case: PenaltyCase, traded: Sequence[Trade], multiple: Decimal) -> tuple[Decimal, list[Line]]:
    """What trading for others earned: a multiple of the management fee of the last month, or the consideration.

    ``traded`` are the trades for others that count. Raises MissingFigure where there are some and no fee is stated.
    """
    told = case.for_others
    stated = () if told is None else (told,) if isinstance(told, ForOthers) else told
    listed = any(trade.account == "other" for trade in case.trades)
    if traded and not stated:
        raise MissingFigure("trades for others are given, 'for_others' (their fee) is not")
    if listed and not traded:
        return ZERO, [Line("trades for others", "none in the time that counts", ZERO)] if stated else []
    total, lines = ZERO, []
    for one in stated:
        who = f"for {one.client}" if one.client else "for others"
        if one.asset_manager:
            month, fee = _fee(one, traded)
            amount, how = fee * multiple, f"{multiple} x management fee {fee}{month}"
        else:
            assert one.consideration_jpy is not None
            amount, how = one.consideration_jpy, "consideration received"
        total += amount
        lines.append(Line(f"trades {who}", how, amount))
    return total, lines


def _fee(one: ForOthers, traded: Sequence[Trade]) -> tuple[str, Decimal]:
    if one.monthly_fee_jpy is not None:
        return "", one.monthly_fee_jpy
    assert one.fees_by_month is not None
    months = {f"{trade.day:%Y-%m}" for trade in traded}
    if not months:
        raise MissingFigure("'fees_by_month' needs trades with account 'other' to tell the month; or give 'monthly_fee_jpy'")
    if max(months) not in one.fees_by_month:
        raise MissingFigure(f"'fees_by_month' has no fee for {max(months)}, the last month of trades for others")
    return f" of {max(months)}", one.fees_by_month[max(months)]


OWN = frozenset({"own", "close_person", "issuer"})
"""Accounts whose trades count as the offender's own: close persons' are deemed own, an issuer's are charged to the issuer."""


def position(
    case: PenaltyCase, name: str, prices: Prices, own: tuple[Fill, ...], window: Window, baseline: str, *, extremes: bool = True
) -> arithmetic.Issue:
    """One issue of a series of trades: own fills of the period, opening position at ``baseline``, extreme prices after.

    Without ``extremes`` the formula goes by averages, and no lowest or highest price is asked for.
    """
    until = window.last
    return arithmetic.Issue(
        name=name,
        fills=own,
        opens_at=min((case.begins_at, *(fill.at for fill in own))),
        opening_long=prices.opening.long,
        opening_short=prices.opening.short,
        opening_price=getattr(prices, baseline),
        opening_price_name=baseline,
        lowest=_known(prices, "low", window, name, extremes and _net(own, prices) > ZERO),
        highest=_known(prices, "high", window, name, extremes and (_net(own, prices) < ZERO or bool(prices.own_issuance))),
        issued=_issued(case, prices, until),
        average_during=prices.average_price_during,
        average_after=prices.average_price_after,
    )


def _issued(case: PenaltyCase, prices: Prices, until: date) -> Decimal:
    first = case.begins_at.astimezone(JAPAN).date()
    counted = (i.quantity for i in prices.own_issuance if i.issued_on is None or first <= i.issued_on <= until)
    return sum(counted, ZERO)


def _net(own: Sequence[Fill], prices: Prices) -> Decimal:
    signed = (f.quantity if f.side == "sell" else -f.quantity for f in own)
    return sum(signed, prices.opening.short - prices.opening.long)


def _known(prices: Prices, which: str, window: Window, name: str, needed: bool) -> Decimal | None:
    """An extreme price, asked for only where the formula needs it."""
    return prices.extreme(which, window, f"issue {name}") if needed else None


def end_of(day: date) -> datetime:
    """The last moment of a Japan day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), JAPAN).astimezone(UTC) - timedelta(microseconds=1)


def moment(text: str) -> datetime:
    """A time of the case in UTC; a whole day is its first moment in Japan. Raises ValueError."""
    if _is_day(text):
        return datetime.combine(date.fromisoformat(text), time(), JAPAN).astimezone(UTC)
    return datetime.fromisoformat(text).astimezone(UTC)


def japan_day(text: str) -> date:
    """The Japan day of a time of the case."""
    return moment(text).astimezone(JAPAN).date()


def weeks_after_publication(case: PenaltyCase, weeks: int) -> Window:
    """The days whose prices count. A publication dated by day was made at some hour of it, so whole weeks follow that day."""
    published = case.published_at
    assert case.publication is not None
    hour_unknown = _is_day(case.publication.published_at)
    return arithmetic.weeks_after(published + timedelta(microseconds=int(hour_unknown)), weeks)


def before_publication(case: PenaltyCase, trade: Trade) -> bool:
    """Whether a trade was made before the fact was published; on the day itself only two stated times can tell."""
    published = case.published_at
    assert case.publication is not None
    day = published.astimezone(JAPAN).date()
    if trade.day != day:
        return trade.day < day
    for key, text in (("executed_at", trade.executed_at), ("published_at", case.publication.published_at)):
        if _is_day(text):
            raise MissingFigure(
                f"a trade was made on {day}, the day of publication, and '{key}' is dated by day; "
                f"only trades before publication count: give '{key}' with its time"
            )
    return moment(trade.executed_at) < published


def after_tip(case: PenaltyCase, trade: Trade) -> bool:
    """Whether a recipient's trade followed the tip; a trade dated by day on the day of a tip with a time cannot tell."""
    text = case.tip.tipped_at if case.tip else None
    if text is None:
        return True
    if _is_day(trade.executed_at) and not _is_day(text) and trade.day == japan_day(text):
        raise MissingFigure(f"a trade of {trade.day}, the day of the tip, is dated by day: give 'executed_at' with its time")
    return moment(trade.executed_at) >= moment(text)


def _is_day(text: str) -> bool:
    return len(text) == len("2026-05-02")


class CaseError(RecordsError):
    """A case file that cannot be used. The message is one line, uncut: the remedy lists every key that is allowed."""

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}; {self.remedy}"


def read_case(content: bytes, file: str) -> PenaltyCase:
    """A case out of JSON. Raises RecordsError: one line naming file, field and remedy."""
    try:
        return msgspec.json.decode(content, type=PenaltyCase)
    except msgspec.ValidationError as error:
        raise CaseError(file, _where(str(error)), _remedy(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CaseError(file, f"not JSON: {error}", "write one JSON object; 'sekisho penalty --schema' shows its keys") from None


def schema() -> dict[str, Any]:
    """The JSON Schema of a case file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Sekisho penalty case"} | msgspec.json.schema(
        PenaltyCase, schema_hook=None
    )


_PARTS: dict[str, type[msgspec.Struct]] = {
    "trades": Trade, "publication": Publication, "prices_after": DailyPrice, "opening_position": OpeningPosition,
    "own_issuance": Issuance, "issues": Issue, "for_others": ForOthers, "tip": Tip, "prior_orders": PriorOrder,
}  # fmt: skip


_LISTS = frozenset({"trades", "prices_after", "own_issuance", "issues", "prior_orders"})


_CHOICES: dict[str, tuple[str, ...]] = {
    "violation": get_args(Violation), "object": ("crypto", "security"), "side": ("sell", "buy"),
    "account": ("own", "close_person", "issuer", "other"), "business": ("none", "intermediary", "offering"),
}  # fmt: skip


def _where(message: str) -> str:
    said, _, path = message.partition(" - at `$")
    said = "not a time" if "matching regex" in said else said.replace("RFC3339 encoded date", "date")
    place = path.rstrip("`").lstrip(".")
    return f"field '{place}': {said}" if place else said


def _remedy(message: str) -> str:
    if "matching regex" in message:
        return "write a time with its zone, such as 2026-05-02T11:36:00+09:00, or a whole Japan day, such as 2026-05-02"
    if "enum value" in message:
        return f"one of: {', '.join(_CHOICES.get(re.findall(r'[a-z_]+', message.partition(' - at `$')[2])[-1], ()))}"
    path = message.partition(" - at `$")[2]
    names = re.findall(r"[a-z_]+", path)
    if names and "encoded date" in message:
        return "write a day such as 2026-05-02"
    keyed = "unknown field" in message or "missing required field" in message
    if not keyed and not ("Expected `" in message and names and names[-1] in _PARTS):
        return "'sekisho penalty --schema' shows what each field takes"
    part = _PARTS.get(names[-1], PenaltyCase) if names else PenaltyCase
    shape = "" if keyed else "a list of objects, " if names[-1] in _LISTS else "an object, "
    return f"{shape}allowed keys: {', '.join(field.name for field in msgspec.structs.fields(part))}"
