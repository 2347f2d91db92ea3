"""All record tables, in the order a reader meets them: who, market, custody, transfers, information, the office's registers."""

from sekisho.records.table import Table
from sekisho.records.tables import (
    account,
    account_event,
    asset,
    chain_movement,
    communication,
    customer_balance,
    customer_order_knowledge,
    fact_knowledge,
    firm_balance,
    instrument,
    listing_application,
    material_fact,
    money_trust,
    movement_approval,
    order_event,
    party,
    party_link,
    publication,
    reference_price,
    stated_plan,
    trade,
    transfer,
    wallet,
    wallet_balance,
)

_IN_ORDER = (
    party,
    party_link,
    account,
    asset,
    instrument,
    order_event,
    trade,
    reference_price,
    wallet,
    wallet_balance,
    customer_balance,
    money_trust,
    chain_movement,
    firm_balance,
    transfer,
    account_event,
    communication,
    listing_application,
    material_fact,
    fact_knowledge,
    publication,
    customer_order_knowledge,
    stated_plan,
    movement_approval,
)

TABLES: dict[str, Table] = {module.TABLE.name: module.TABLE for module in _IN_ORDER}
"""Every record table by its name."""
