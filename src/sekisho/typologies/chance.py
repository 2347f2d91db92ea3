"""What chance would do: how often accounts meet in a market merely because they are busy in it."""

from __future__ import annotations

from math import log, log10


def expected_meetings(bought: int, sold: int, met: int, market: int, share: float, *, unseen: int = 0) -> float:
    """Trades in which the buyer's and the seller's side would meet if each met the market at random.

    ``bought`` trades of the one side and ``sold`` trades of the other among ``market`` trades, of which ``met`` are
    with each other. Under independence that is ``bought * sold / market``. The trades under judgement would lift
    their own expectation, so they are left out to the extent ``share`` (0..1) that the accounts live by trading
    with each other: wholly for a pair that trades with nobody else, hardly for two busy market makers.
    """
    own = met * share
    rest = market - own
    return max(0.0, bought - own + unseen) * max(0.0, sold - own + unseen) / (rest + unseen) if rest + unseen > 0 else 0.0


def unlikelihood(observed: int, expected: float) -> float:
    """Powers of ten against chance: at most ``10 ** -unlikelihood`` is the chance of ``observed`` or more.

    Chernoff's bound on the upper tail of a Poisson count; zero when no more was seen than expected.
    """
    if observed <= expected:
        return 0.0
    return (observed * log(observed / expected) - (observed - expected)) / log(10)


def tries(count: int) -> float:
    """Powers of ten by which looking at ``count`` candidates makes a chance hit likelier (Bonferroni)."""
    return log10(max(count, 1))
