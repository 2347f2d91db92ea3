"""How often one may try a password, a code or a token: counted before it is checked, so that many at once gain nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from sekisho.console.people.models import Tries

WINDOW: Final = timedelta(minutes=10)
OF_ACCOUNT, OF_ADDRESS = 8, 40
"""How many tries within the window for one account, and from one address for whatever accounts."""


def account_key(name: str) -> str:
    """The key under which tries for an account are counted, whether or not there is one of that name."""
    return f"account {name}"[:200]


def address_key(address: str) -> str:
    """The key under which tries from an address are counted."""
    return f"address {address}"[:200]


def one_more(at: datetime, limits: Mapping[str, int]) -> bool:
    """Count one more try under each key; whether all are still within their limits."""
    within = [_count(key, at) <= limit for key, limit in sorted(limits.items())]
    return all(within)


def _count(key: str, at: datetime) -> int:
    with transaction.atomic():
        tries, _made = Tries.objects.select_for_update().get_or_create(key=key, defaults={"until": at + WINDOW})
        if tries.until <= at:
            tries.count, tries.until = 0, at + WINDOW
        tries.count += 1
        tries.save()
        return int(tries.count)


def forget(key: str, at: datetime) -> None:
    """It went well: that key's tries no longer count, and those whose time is over go."""
    Tries.objects.filter(key=key).delete()
    Tries.objects.filter(until__lte=at).delete()


def take_back(key: str) -> None:
    """One try less: it was right. What others tried in vain from there still counts."""
    with transaction.atomic():
        tries = Tries.objects.select_for_update().filter(key=key).first()
        if tries is not None:
            tries.count = max(0, tries.count - 1)
            tries.save()
