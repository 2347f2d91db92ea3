"""How likely clients who were left out stay unseen when only some of all clients check their proofs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp

from scipy.special import gammaln

OMITTED = (1, 10, 100, 1_000, 10_000)
SHARES = (0.001, 0.01, 0.05, 0.1, 0.25)


@dataclass(frozen=True, slots=True)
class Unseen:
    """The chance that none of ``omitted`` clients of ``clients`` is among the ``checking`` who verify (share of all)."""

    clients: int
    omitted: int
    share: float
    checking: int
    exact: float
    approximate: float


def unseen(clients: int, omitted: int, share: float) -> Unseen:
    """Drawn without replacement (hypergeometric): C(n-k, v) / C(n, v); beside it the approximation (1-p)^k.

    ``clients`` counts the omitted too. Raises ValueError for a share outside 0 to 1 or more omitted than there are clients.
    """
    if not 0 <= share <= 1 or not 0 <= omitted <= clients:
        raise ValueError(f"no chance for {omitted} of {clients} clients omitted when a share of {share} verifies")
    checking = round(share * clients)
    if checking > clients - omitted:
        exact = 0.0
    else:
        rest = clients - omitted
        logs = gammaln(rest + 1) - gammaln(rest - checking + 1) - gammaln(clients + 1) + gammaln(clients - checking + 1)
        exact = min(1.0, exp(logs))
    return Unseen(clients, omitted, share, checking, exact, float((1 - share) ** omitted))


def unseen_table(clients: int, shares: Sequence[float] = SHARES) -> Iterator[Unseen]:
    """For each usual number of omitted clients and each share that verifies."""
    for omitted in OMITTED:
        if omitted <= clients:
            for share in shares:
                yield unseen(clients, omitted, share)
