"""How the report sets numbers, money, days and times: exact, grouped in thousands, in UTC and in Japan time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from sekisho.rulebook.texts import Text

JST = timezone(timedelta(hours=9), "JST")
MINUS, THIN, NARROW = "\u2212", "\u2009", "\u202f"
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
UNITS = {
    "business_day": Text("business day", "営業日"),
    "day": Text("day", "日"),
    "month": Text("month", "か月"),
    "year": Text("year", "年"),
    "hour": Text("hour", "時間"),
    "minute": Text("minute", "分"),
    "second": Text("second", "秒"),
}
SECONDS_PER = {"day": 86_400, "hour": 3_600, "minute": 60}


def decimal(value: object) -> Decimal | None:
    """The value as an exact decimal, or None where it is not a finite number. Text from JSON is accepted."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def number(value: object) -> str:
    """1234567.500 as 1,234,567.5: grouped, no trailing zeros, a true minus sign. Anything else as its own text."""
    exact = decimal(value)
    if exact is None:
        return str(value)
    digits = f"{exact:,f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits in ("-0", "") else digits.replace("-", MINUS)


def rounded(value: object, places: int) -> str:
    """A number rounded half to even for a label; the exact figure stands in the table beside it."""
    exact = decimal(value)
    if exact is None:
        return str(value)
    return number(exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN))


def yen(value: object) -> Text:
    """An amount in yen: ¥1,234,567 and 1,234,567円, to the yen."""
    digits = rounded(value, 0)
    sign, digits = (MINUS, digits[1:]) if digits.startswith(MINUS) else ("", digits)
    return Text(f"{sign}¥{digits}", f"{sign}{digits}円")


def percent(value: object, places: int | None = None) -> str:
    """A share as a percentage: 0.05 as 5 %, exactly unless ``places`` asks for fewer digits."""
    exact = decimal(value)
    if exact is None:
        return str(value)
    scaled = exact * 100
    return f"{number(scaled) if places is None else rounded(scaled, places)}{NARROW}%"


def valued(value: object, unit: str) -> Text:
    """A value with its unit, as prose writes it in each language."""
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false")):
        yes = value is True or str(value).lower() == "true"
        return Text("yes", "はい") if yes else Text("no", "いいえ")
    if isinstance(value, (list, tuple)):
        listed = ", ".join(number(item) for item in value)
        return Text(listed, listed)
    if unit == "date" or isinstance(value, date):
        return day(str(value))
    if decimal(value) is None:
        return Text(str(value), str(value))
    if unit == "second":
        return _seconds(value)
    if unit == "share":
        return same(percent(value))
    if unit == "percent":
        return same(f"{number(value)}{NARROW}%")
    if unit == "JPY":
        return yen(value)
    if unit in UNITS:
        name = UNITS[unit]
        plural = "" if decimal(value) == 1 else "s"
        return Text(f"{number(value)} {name.en}{plural}", f"{number(value)}{name.ja}")
    if unit in ("count", "number", "text", "ratio", ""):
        return same(number(value))
    return same(f"{number(value)}{NARROW}{unit.replace('_', ' ')}")


def _seconds(value: object) -> Text:
    """Seconds, with the length in bigger units beside it where there is one: 86,400 seconds (1 d)."""
    exact = decimal(value) or Decimal(0)
    plural = "" if exact == 1 else "s"
    told = Text(f"{number(exact)} second{plural}", f"{number(exact)}秒")
    if exact < SECONDS_PER["minute"] or exact != int(exact):
        return told
    longer = lasting(timedelta(seconds=int(exact)))
    return Text(f"{told.en} ({longer.en})", f"{told.ja}（{longer.ja}）")


def same(words: str) -> Text:
    """A text that reads the same in both languages: a figure, an id, a symbol."""
    return Text(words, words)


def many(count: int, noun: str) -> str:
    """A count with its English noun: 1 order, 2 orders."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def day(value: date | str) -> Text:
    """A Japan date: 2 May 2026 and 2026年5月2日. Text that is no date is given back as it is."""
    try:
        on = date.fromisoformat(str(value)[:10])
    except ValueError:
        return same(str(value))
    return Text(f"{on.day} {MONTHS[on.month - 1]} {on.year}", f"{on.year}年{on.month}月{on.day}日")


def as_utc(value: datetime) -> datetime:
    """The instant in UTC; a time without a zone is UTC already, as the record tables promise."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def clock(value: datetime) -> str:
    """The time of day with as many decimals as the instant has: 02:36:23, 02:36:23.201."""
    fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
    return f"{value:%H:%M:%S}{fraction}"


def instant(value: datetime) -> str:
    """An instant in UTC with Japan time beside it: 2026-05-02 02:36:23 UTC (11:36:23 JST)."""
    utc = _to_the_millisecond(as_utc(value))
    jst = utc.astimezone(JST)
    japan = clock(jst) if jst.date() == utc.date() else f"{jst:%Y-%m-%d} {clock(jst)}"
    return f"{utc:%Y-%m-%d} {clock(utc)} UTC ({japan} JST)"


def _to_the_millisecond(value: datetime) -> datetime:
    """For reading only; the records and findings.parquet keep every microsecond."""
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def window(start: datetime, end: datetime) -> str:
    """A half-open period in UTC and JST; whole Japan days are named by their dates alone."""
    first, last = as_utc(start).astimezone(JST), as_utc(end).astimezone(JST)
    if clock(first) == clock(last) == "00:00:00" and last > first:
        last_day = last.date() - timedelta(days=1)
        days = f"{first.date()}" if last_day == first.date() else f"{first.date()} – {last_day}"
        return f"{days} JST"
    if as_utc(start).date() == as_utc(end).date() and first.date() == last.date():
        at, until = _to_the_millisecond(first), _to_the_millisecond(last)
        utc = f"{as_utc(at):%Y-%m-%d} {clock(as_utc(at))} – {clock(as_utc(until))} UTC"
        return f"{utc} ({clock(at)} – {clock(until)} JST)"
    return f"{instant(start)} – {instant(end)}"


def lasting(span: timedelta) -> Text:
    """A length of time in its two biggest units: 2 min 5 s, 3 d 4 h."""
    if span <= timedelta(0):
        return Text("an instant", "一時点")
    if span < timedelta(seconds=1):
        milliseconds = number(Decimal(span // timedelta(microseconds=1)) / 1000)
        return Text(f"{milliseconds} ms", f"{milliseconds}ミリ秒")
    left, parts = int(span.total_seconds()), []
    for unit, en, ja in (("day", "d", "日"), ("hour", "h", "時間"), ("minute", "min", "分")):
        whole, left = divmod(left, SECONDS_PER[unit])
        if whole:
            parts.append((whole, en, ja))
    if left:
        parts.append((left, "s", "秒"))
    return Text(" ".join(f"{n} {en}" for n, en, _ in parts[:2]), "".join(f"{n}{ja}" for n, _, ja in parts[:2]))


def cell(value: object) -> str:
    """One field of a record as the exhibit shows it."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{as_utc(value):%Y-%m-%d} {clock(as_utc(value))}Z"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number(value)
    return str(value)
