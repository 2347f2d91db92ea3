"""Trades against their orders: known, on the right side, while the order stood, within its quantity and its limit."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.records.validation.cross_check import PLACE, CrossCheck, place_of

_SIDE = (
    "SELECT {place}, '{side}' AS side, {side}_order_id AS order_id, {side}_account_id AS account_id, "
    "sequence, instrument, price, quantity FROM trade WHERE {side}_order_id IS NOT NULL"
)

EXECUTIONS = (
    "CREATE TEMP VIEW fill AS " + " UNION ALL ".join(_SIDE.format(place=PLACE, side=side) for side in ("buy", "sell")),
    # What can be told from the trade and the whole life of its order.
    f"""
CREATE TEMP TABLE stray_fill AS SELECT * FROM (SELECT
  {place_of("f")}, f.side, f.order_id, f.price, f.sequence,
  l.side <> f.side AS wrong_side,
  l.instrument <> f.instrument AS wrong_instrument,
  l.account_id <> f.account_id AS wrong_account,
  f.sequence < l.entered AS too_early,
  f.sequence > l.ended AS too_late,
  l.limited AND CASE f.side WHEN 'buy' THEN f.price > l.price_max ELSE f.price < l.price_min END AS beyond_limit
FROM fill f JOIN order_life l USING (order_id))
WHERE wrong_side OR wrong_instrument OR wrong_account OR too_early OR too_late OR beyond_limit
""",
    # Orders that were replaced: each new or replace event opens a period, with its own quantity and limit.
    f"""
CREATE TEMP TABLE replaced_period AS
WITH step AS (
  SELECT order_id, sequence, true AS opens, quantity, price, order_type, side, NULL AS {PLACE.split(", ")[0]}, NULL AS
    {PLACE.split(", ")[1]} FROM order_event SEMI JOIN (FROM order_life WHERE replacements > 0) USING (order_id)
    WHERE action IN ('new', 'replace')
  UNION ALL
  SELECT order_id, sequence, false, quantity, price, NULL, side, {PLACE} FROM fill
    SEMI JOIN (FROM order_life WHERE replacements > 0) USING (order_id)
), numbered AS (
  SELECT *, count_if(opens) OVER (PARTITION BY order_id ORDER BY sequence, opens DESC ROWS UNBOUNDED PRECEDING) AS period
  FROM step
)
SELECT order_id, period,
  max(quantity) FILTER (opens) AS quantity,
  sum(quantity) FILTER (NOT opens) AS filled,
  max(price) FILTER (opens AND order_type = 'limit') AS limit_price,
  max(price) FILTER (NOT opens) AS price_max,
  min(price) FILTER (NOT opens) AS price_min,
  any_value(side) AS side
FROM numbered GROUP BY order_id, period HAVING count_if(opens) > 0 AND count_if(NOT opens) > 0
""",
)
"""Statements that prepare the checks; they read the views order_event and trade and the table order_life."""


def execution_checks() -> Iterator[CrossCheck]:
    """Trades their orders do not allow."""
    for side in ("buy", "sell"):
        yield from _row_checks(side)
    yield CrossCheck(
        "trade",
        "quantity",
        "overfilled",
        "SELECT NULL, NULL, order_id || ': ' || sum(f.quantity) || ' of ' || any_value(l.quantity_entered) FROM fill f "
        "JOIN order_life l USING (order_id) WHERE l.replacements = 0 GROUP BY order_id "
        "HAVING sum(f.quantity) > any_value(l.quantity_entered) UNION ALL "
        "SELECT NULL, NULL, order_id || ': ' || filled || ' of ' || quantity FROM replaced_period WHERE filled > quantity",
        "is traded beyond the order's quantity",
        "correct the quantity of the trades or of the order's events",
    )
    yield CrossCheck(
        "trade",
        "price",
        "beyond_replaced_limit",
        "SELECT NULL, NULL, order_id FROM replaced_period WHERE CASE side WHEN 'buy' THEN price_max > limit_price "
        "ELSE price_min < limit_price END",
        "is traded beyond the limit its last replacement set",
        "correct the price of the trade or of the replacement",
    )


def _row_checks(side: str) -> Iterator[CrossCheck]:
    def check(column: str, kind: str, value: str, problem: str, remedy: str) -> CrossCheck:
        query = f"SELECT {PLACE}, {value} FROM stray_fill WHERE side = '{side}' AND {kind}"
        return CrossCheck("trade", column, kind, query, problem, remedy)

    order = f"{side}_order_id"
    yield check(order, "wrong_side", "order_id", f"is not a {side} order", "exchange the order ids of the trade")
    yield check(order, "wrong_instrument", "order_id", "is an order for another instrument", "correct the order id")
    account = f"{side}_account_id"
    yield check(account, "wrong_account", "order_id", "is an order of another account", "correct the account or the order id")
    yield check("sequence", "too_early", "sequence", f"is before the {side} order was entered", "correct the sequence")
    yield check("sequence", "too_late", "sequence", f"is after the {side} order had ended", "correct the sequence")
    yield check("price", "beyond_limit", "price", f"is beyond the {side} order's limit", "correct the price or the limit")
