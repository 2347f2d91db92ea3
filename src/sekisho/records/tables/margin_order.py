"""Margin orders: which orders open or reduce a position on credit, and at what leverage they were asked."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="margin_order",
    meaning="One order that was given as a margin trade; an order that is not here is a spot order.",
    columns=(
        Column("order_id", "string", "The order", refers_to="order_event.order_id", standard="FIX 37 OrderID"),
        Column("leverage", "decimal", "The multiple of the margin asked for", nullable=True, unit="multiple"),
    ),
    key=("order_id",),
)
