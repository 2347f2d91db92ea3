"""How often one caller may ask: a bucket of requests per caller, filled at a steady rate, so that nobody crowds out the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from sekisho.gate.http.problems import Problem

_REMEMBERED_MAX: Final = 100_000


class Rate(NamedTuple):
    """Requests per second in the long run, and how many may come at once."""

    per_second: float
    burst: float


DEFAULT_RATES: Final[Mapping[str, Rate]] = {
    "wallet": Rate(20_000, 20_000),
    "trading": Rate(20_000, 20_000),
    "compliance": Rate(20, 100),
    "supervisor": Rate(20, 100),
    "auditor": Rate(20, 100),
    "admin": Rate(5, 20),
    "unknown": Rate(10, 50),
}
"""By role; a caller with several has the widest. ``unknown`` is for each address from which tokens do not hold."""


@dataclass(slots=True)
class _Bucket:
    left: float
    filled_at: float


class Rates:
    """The buckets of all callers. Times are seconds of a clock that never goes back."""

    def __init__(self, rates: Mapping[str, Rate] = DEFAULT_RATES) -> None:
        self._rates = {**DEFAULT_RATES, **rates}
        self._buckets: dict[str, _Bucket] = {}
        self._widest: dict[frozenset[str], Rate] = {}

    def take(self, party_id: str, roles: frozenset[str], now: float, count: int = 1) -> None:
        """Count requests of a caller, however many keys it has; raises Problem where the bucket is empty."""
        rate = self._widest.get(roles)
        if rate is None:
            rate = self._widest[roles] = max((self._rates[role] for role in roles), default=self._rates["unknown"])
        self._take(party_id, rate, now, count)

    def take_unknown(self, address: str, now: float) -> None:
        """Count a request of somebody unknown, by network address."""
        self._take(f"address {address}", self._rates["unknown"], now, 1)

    def _take(self, name: str, rate: Rate, now: float, count: int) -> None:
        bucket = self._buckets.get(name)
        if bucket is None:
            if len(self._buckets) >= _REMEMBERED_MAX:
                self._forget_full(now)
            bucket = self._buckets[name] = _Bucket(rate.burst, now)
        bucket.left = min(rate.burst, bucket.left + (now - bucket.filled_at) * rate.per_second)
        bucket.filled_at = now
        if bucket.left < min(count, rate.burst):
            wait = max(1, int((min(count, rate.burst) - bucket.left) / rate.per_second + 0.999))
            raise Problem(
                "too-many-requests",
                f"at most {rate.per_second:g} requests a second, {rate.burst:g} at once",
                headers={"Retry-After": str(wait)},
            )
        bucket.left -= count

    def _forget_full(self, now: float) -> None:
        """Forget whoever has not asked for a minute: their buckets are as good as full."""
        self._buckets = {name: each for name, each in self._buckets.items() if now - each.filled_at < 60}
        if len(self._buckets) >= _REMEMBERED_MAX:
            raise Problem("too-many-requests", "too many different callers", headers={"Retry-After": "60"})
