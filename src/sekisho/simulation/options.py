"""What the simulated exchange shall be: its seed, size, period, and how blatant its planted misconduct."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from numpy.random import Generator

JAPAN = timezone(timedelta(hours=9), "JST")
DAY_MICROSECONDS = 86_400_000_000
GOLDEN_WEEK = date(2026, 4, 27)
SEVERITIES = {"blatant": 1.0, "subtle": 0.25}
ACCOUNTS_MIN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The whole choice. The same options give the same bytes.

    ``severity`` is ``blatant``, ``subtle``, ``mixed`` or a number from 0 to 1; ``orders`` aims at so many order events in
    all (None: 50 for each account and day); ``history`` is the number of days before ``start`` for which the custody
    books are kept but no orders; ``quiet_days`` the number of days after the others on which the market hardly moves and no
    misconduct of the market is planted: prices and books go on, so that what the law counts from later days can be known.
    """

    seed: int = 1
    days: int = 5
    accounts: int = 1000
    instruments: int = 6
    severity: str = "mixed"
    clean: bool = False
    orders: int | None = None
    start: date = GOLDEN_WEEK
    history: int = 21
    quiet_days: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated, saying what to give instead."""
        if self.accounts < ACCOUNTS_MIN:
            raise ValueError(f"--accounts {self.accounts}: an exchange needs at least {ACCOUNTS_MIN} accounts")
        for name, least in (("seed", 0), ("days", 1), ("instruments", 1), ("history", 0), ("quiet_days", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"--{name.replace('_', '-')} {getattr(self, name)}: give {least} or more")
        if self.orders is not None and self.orders < 1:
            raise ValueError(f"--orders {self.orders}: give 1 or more, or leave it out")
        if self.severity != "mixed" and self.severity not in SEVERITIES:
            try:
                inside = 0 <= float(self.severity) <= 1
            except ValueError:
                inside = False
            if not inside:
                raise ValueError(f"--severity {self.severity}: give blatant, subtle, mixed or a number from 0 to 1")

    @property
    def order_events(self) -> int:
        """The number of order events aimed at, over all days and instruments; quiet days come on top."""
        return self.orders or 50 * self.accounts * self.days

    @property
    def trading_days(self) -> tuple[date, ...]:
        """Japan dates on which orders are kept, the quiet days among them."""
        return tuple(self.start + timedelta(days=n) for n in range(self.days + self.quiet_days))

    @property
    def book_days(self) -> tuple[date, ...]:
        """Japan dates on which the custody books are kept: the history, then the trading days."""
        return tuple(self.start + timedelta(days=n) for n in range(-self.history, self.days + self.quiet_days))

    def draw_severity(self, random: Generator) -> float:
        """How blatant one scheme is: 1 is blatant, 0 is as subtle as it gets."""
        if self.severity == "mixed":
            return float(random.choice([1.0, 0.75, 0.5, 0.25]))
        return SEVERITIES[self.severity] if self.severity in SEVERITIES else float(self.severity)


def opens_at(day: date) -> int:
    """Midnight in Japan at which a day begins, in microseconds since 1970."""
    start = datetime.combine(day, time(), JAPAN)
    return int((start - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def closes_at(day: date) -> int:
    """One second before the day ends in Japan: resting orders expire and the books are cut off."""
    return opens_at(day) + DAY_MICROSECONDS - 1_000_000
