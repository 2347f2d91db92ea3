"""Listing applications: which exchange asked to list which asset, and what was decided."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="listing_application",
    meaning="One application to list an asset on one exchange.",
    columns=(
        Column("asset", "string", "The asset", refers_to="asset.asset", standard="ISO 24165"),
        Column("exchange", "string", "The exchange that applied", standard="FIX 207 SecurityExchange"),
        Column("filed_at", "time", "When it was filed", unit="UTC"),
        Column("decided_at", "time", "When it was decided", nullable=True, unit="UTC"),
        Column("decision", "string", "What was decided", nullable=True),
    ),
    key=("asset", "exchange", "filed_at"),
)
