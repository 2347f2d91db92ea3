"""Trades: what was executed, at which price, between which orders and accounts."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="trade",
    meaning="One execution between a buy and a sell order.",
    columns=(
        Column("trade_id", "string", "Id of the trade", standard="FIX 880 TrdMatchID"),
        Column("sequence", "integer", "Place in the venue-wide order of events", standard="FIX 1181 ApplSeqNum"),
        Column("executed_at", "time", "When it was executed", unit="UTC", standard="FIX 60 TransactTime"),
        Column("instrument", "string", "The pair", refers_to="instrument.instrument", standard="FIX 55 Symbol"),
        Column("price", "decimal", "Price", unit="quote asset", sign="positive", standard="FIX 31 LastPx"),
        Column("quantity", "decimal", "Quantity", unit="base asset", sign="positive", standard="FIX 32 LastQty"),
        Column(
            "buy_order_id",
            "string",
            "The order that bought",
            nullable=True,
            refers_to="order_event.order_id",
            standard="FIX 37 OrderID, where 54 Side is 1",
        ),
        Column(
            "sell_order_id",
            "string",
            "The order that sold",
            nullable=True,
            refers_to="order_event.order_id",
            standard="FIX 37 OrderID, where 54 Side is 2",
        ),
        Column(
            "buy_account_id",
            "string",
            "The account that bought",
            nullable=True,
            refers_to="account.account_id",
            standard="FIX 1 Account, where 54 Side is 1",
        ),
        Column(
            "sell_account_id",
            "string",
            "The account that sold",
            nullable=True,
            refers_to="account.account_id",
            standard="FIX 1 Account, where 54 Side is 2",
        ),
        Column(
            "aggressor_side",
            "string",
            "The side whose order took the resting one",
            nullable=True,
            values=("buy", "sell"),
            standard="FIX 2446 AggressorSide",
        ),
    ),
    key=("trade_id",),
)
