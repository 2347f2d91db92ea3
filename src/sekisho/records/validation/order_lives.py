"""The life of an order: entered once, changed while it stands, ended once, with one side, instrument and account."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.records.validation.cross_check import PLACE, CrossCheck, place_of

ORDER_LIFE = """
CREATE TEMP TABLE order_life AS SELECT
  order_id,
  count_if(action = 'new') AS entries,
  count_if(action = 'replace') AS replacements,
  min(sequence) FILTER (action = 'new') AS entered,
  min(sequence) FILTER (action IN ('replace', 'cancel', 'expire')) AS changed,
  min(sequence) FILTER (action IN ('cancel', 'expire')) AS ended,
  max(sequence) FILTER (action <> 'reject') AS last,
  max(quantity) FILTER (action = 'new') AS quantity_entered,
  min(price) FILTER (order_type = 'limit') AS price_min,
  max(price) FILTER (order_type = 'limit') AS price_max,
  bool_and(order_type = 'limit') AS limited,
  min(hash(side, instrument, account_id)) <> max(hash(side, instrument, account_id)) AS mixed,
  any_value(side) AS side,
  any_value(instrument) AS instrument,
  any_value(account_id) AS account_id
FROM order_event GROUP BY order_id
"""
"""One row for each order. ``limited`` orders have a limit price in every event; ``mixed`` ones change who or what they are."""


def order_life_checks() -> Iterator[CrossCheck]:
    """Events that cannot happen in the life of an order."""
    events = f"SELECT {place_of('e')}, e.order_id FROM order_event e JOIN order_life l USING (order_id) WHERE"

    def check(column: str, kind: str, query: str, problem: str, remedy: str) -> CrossCheck:
        return CrossCheck("order_event", column, kind, query, problem, remedy)

    yield check(
        "order_id",
        "never_entered",
        f"{events} (l.entered IS NULL OR l.changed < l.entered) AND e.action IN ('replace', 'cancel', 'expire') "
        "AND (l.entered IS NULL OR e.sequence < l.entered)",
        "is changed or ended though it was never entered before",
        "add the 'new' event; orders resting at the start need one too",
    )
    yield check(
        "order_id",
        "entered_twice",
        f"{events} l.entries > 1 AND e.action = 'new' AND e.sequence > l.entered",
        "is entered again",
        "give every order its own id, or write a 'replace' event",
    )
    yield check(
        "order_id",
        "after_end",
        f"{events} l.last > l.ended AND e.sequence > l.ended AND e.action <> 'reject'",
        "goes on after it was cancelled or expired",
        "correct the sequence, or give the later order its own id",
    )
    yield check(
        "order_id",
        "changed_identity",
        f"SELECT {PLACE}, order_id FROM (SELECT e.*, first_value(hash(e.side, e.instrument, e.account_id)) OVER "
        "(PARTITION BY order_id ORDER BY sequence) AS identity FROM order_event e JOIN order_life l USING (order_id) "
        "WHERE l.mixed) WHERE hash(side, instrument, account_id) <> identity",
        "changes its side, instrument or account",
        "give every order its own id",
    )
    yield check(
        "quantity",
        "left_after_end",
        f"SELECT {PLACE}, quantity FROM order_event WHERE action IN ('cancel', 'expire') AND quantity <> 0",
        "is left on the book by an event that ends the order",
        "write 0: quantity is what is left after the event",
    )
    yield check(
        "price",
        "limit_without_price",
        f"SELECT {PLACE}, order_id FROM order_event WHERE action = 'new' AND order_type = 'limit' AND price IS NULL",
        "is a limit order without a price",
        "write the limit price",
    )
