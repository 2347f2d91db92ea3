"""Order events: every entry, change, cancellation and expiry, in the order the venue saw them."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="order_event",
    meaning="One step in the life of an order.",
    columns=(
        Column("event_id", "string", "Id of the event", standard="FIX 17 ExecID"),
        Column("sequence", "integer", "Place in the venue-wide order of events", standard="FIX 1181 ApplSeqNum"),
        Column("occurred_at", "time", "When the venue handled it", unit="UTC", standard="FIX 60 TransactTime"),
        Column("instrument", "string", "The pair", refers_to="instrument.instrument", standard="FIX 55 Symbol"),
        Column("order_id", "string", "The order", standard="FIX 37 OrderID"),
        Column(
            "account_id",
            "string",
            "The account that gave the order; null in anonymous books",
            nullable=True,
            refers_to="account.account_id",
            standard="FIX 1 Account",
        ),
        Column("side", "string", "Buy or sell", values=("buy", "sell"), standard="FIX 54 Side"),
        Column(
            "action",
            "string",
            "What happened to the order",
            values=("new", "replace", "cancel", "expire", "reject"),
            standard="FIX 150 ExecType",
        ),
        Column(
            "order_type",
            "string",
            "Kind of order",
            values=("limit", "market", "stop"),
            standard="FIX 40 OrdType",
        ),
        Column(
            "price",
            "decimal",
            "Limit price (stop price of a stop order); null for a market order",
            nullable=True,
            unit="quote asset",
            standard="FIX 44 Price, 99 StopPx",
        ),
        Column(
            "quantity",
            "decimal",
            "Quantity left on the book after the event",
            unit="base asset",
            standard="FIX 151 LeavesQty",
        ),
    ),
    key=("event_id",),
)
