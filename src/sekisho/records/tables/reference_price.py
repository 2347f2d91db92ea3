"""Reference prices: what an asset was worth in yen at a time, and who says so."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="reference_price",
    meaning="One quotation of one asset in yen.",
    columns=(
        Column("asset", "string", "The asset", refers_to="asset.asset", standard="ISO 24165"),
        Column("quoted_at", "time", "When the price held", unit="UTC", standard="FIX 273 MDEntryTime"),
        Column("price_jpy", "decimal", "Price of one unit", unit="JPY", standard="FIX 270 MDEntryPx"),
        Column("source", "string", "Where the price comes from", standard="FIX 282 MDEntryOriginator"),
    ),
    key=("asset", "quoted_at", "source"),
)
