"""Knowledge of orders: which member of staff could see a client's order, and since when."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="customer_order_knowledge",
    meaning="One party that could see one client's order.",
    columns=(
        Column("order_id", "string", "The client's order", refers_to="order_event.order_id", standard="FIX 37 OrderID"),
        Column("party_id", "string", "Who could see it", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column("learned_at", "time", "Since when", unit="UTC"),
    ),
    key=("order_id", "party_id"),
)
