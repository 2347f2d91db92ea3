"""Balances against what moved: coins a customer gained or lost must have been traded or transferred."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sekisho.records.validation.cross_check import CrossCheck

_JAPAN_DAY = "({} AT TIME ZONE 'Asia/Tokyo')::DATE"

CUSTOMER_STEPS = f"""
CREATE TEMP TABLE customer_step AS
WITH day AS (
  SELECT as_of_date, lag(as_of_date) OVER (ORDER BY as_of_date) AS day_before
  FROM (SELECT DISTINCT as_of_date FROM customer_balance)
), traded AS (
  SELECT buy_account_id AS account_id, split_part(instrument, '/', 1) AS asset, quantity, executed_at FROM trade
  UNION ALL SELECT sell_account_id, split_part(instrument, '/', 1), -quantity, executed_at FROM trade
), moved AS (
  -- Between request and release nobody can tell from the records on which side of midnight a transfer was booked.
  SELECT account_id, asset, CASE direction WHEN 'in' THEN quantity ELSE -quantity END AS quantity,
    {_JAPAN_DAY.format("requested_at")} AS first_day,
    CASE WHEN status IN ('released', 'completed') THEN {_JAPAN_DAY.format("coalesce(released_at, requested_at)")} END AS last_day
  FROM transfer
), change AS (
  SELECT account_id, asset, {_JAPAN_DAY.format("executed_at")} AS day, quantity AS low, quantity AS high
  FROM traded WHERE account_id IS NOT NULL
  UNION ALL
  SELECT account_id, asset, first_day, quantity, quantity FROM moved WHERE last_day = first_day
  UNION ALL
  SELECT account_id, asset, unnest([first_day, coalesce(last_day, first_day)]), least(quantity, 0), greatest(quantity, 0)
  FROM moved WHERE last_day IS DISTINCT FROM first_day
), step AS (
  SELECT account_id, asset, as_of_date, 0 AS low, 0 AS high, quantity AS now, 0 AS before FROM customer_balance
  UNION ALL
  SELECT account_id, asset, d.as_of_date, 0, 0, 0, quantity FROM customer_balance b JOIN day d ON d.day_before = b.as_of_date
  UNION ALL
  SELECT account_id, asset, d.as_of_date, low, high, 0, 0 FROM change c JOIN day d ON c.day > d.day_before AND c.day <= d.as_of_date
)
SELECT account_id, asset, as_of_date, sum(now) AS now, sum(before) AS before, sum(low) AS low, sum(high) AS high
FROM step WHERE asset <> 'JPY' AND as_of_date IN (SELECT as_of_date FROM day WHERE day_before IS NOT NULL)
GROUP BY ALL
HAVING sum(now) < sum(before) + sum(low) OR sum(now) > sum(before) + sum(high)
"""
"""Accounts, assets and days whose balance cannot follow from the day before and what was traded and transferred since."""

WALLET_STEPS = """
CREATE TEMP TABLE wallet_step AS
WITH observed AS (
  SELECT b.wallet_id, w.asset, w.address, b.observed_at, b.quantity,
    lag(b.observed_at) OVER line AS observed_before, lag(b.quantity) OVER line AS quantity_before
  FROM wallet_balance b JOIN wallet w USING (wallet_id) WINDOW line AS (PARTITION BY b.wallet_id ORDER BY b.observed_at)
), moved AS (
  SELECT asset, to_address AS address, occurred_at, quantity, 0 AS leaves FROM chain_movement
  UNION ALL SELECT asset, from_address, occurred_at, -quantity, 1 FROM chain_movement
)
SELECT o.wallet_id, o.observed_at, any_value(o.quantity) AS now, any_value(o.quantity_before) AS before,
  coalesce(sum(m.quantity), 0) AS change, coalesce(sum(m.leaves), 0) AS leaves
FROM observed o LEFT JOIN moved m ON m.asset = o.asset AND m.address = o.address
  AND m.occurred_at > o.observed_before AND m.occurred_at <= o.observed_at
WHERE o.observed_before IS NOT NULL
GROUP BY o.wallet_id, o.observed_at
-- Where coins left, the network's fee left with them: then only a surplus is a fault.
HAVING now > before + change OR (leaves = 0 AND now < before + change)
"""
"""Observations of a wallet that cannot follow from the one before and the chain movements since."""


def balance_tables(present: Collection[str]) -> Iterator[str]:
    """The statements to run for the tables that are there."""
    if {"customer_balance", "trade", "transfer"} <= set(present):
        yield CUSTOMER_STEPS
    if {"wallet", "wallet_balance", "chain_movement"} <= set(present):
        yield WALLET_STEPS


def balance_checks(present: Collection[str]) -> Iterator[CrossCheck]:
    """Balances that do not add up."""
    if {"customer_balance", "trade", "transfer"} <= set(present):
        yield CrossCheck(
            "customer_balance",
            "quantity",
            "does_not_add_up",
            "SELECT NULL, NULL, account_id || '|' || asset || '|' || as_of_date || ': ' || now || ' after ' || before "
            "|| CASE WHEN low = high THEN ' and a change of ' || low ELSE ' and a change between ' || low || ' and ' || high END "
            "FROM customer_step",
            "does not follow from the day before, the trades and the transfers",
            "add the missing trades or transfers, or correct the balance",
        )
    if {"wallet", "wallet_balance", "chain_movement"} <= set(present):
        yield CrossCheck(
            "wallet_balance",
            "quantity",
            "does_not_add_up",
            "SELECT NULL, NULL, wallet_id || '|' || observed_at || ': ' || now || ' after ' || before || ' and a change of ' "
            "|| change FROM wallet_step",
            "does not follow from the balance before and the chain movements since",
            "add the missing chain movements, or correct the balance",
        )
