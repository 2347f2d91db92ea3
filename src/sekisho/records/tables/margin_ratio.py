"""Margin ratios: the risk ratio by which a firm's margin of corporate clients is reckoned, pair by pair and day by day."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="margin_ratio",
    meaning="One crypto-asset risk ratio (暗号資産リスク想定比率) of one pair, from a day on.",
    columns=(
        Column("instrument", "string", "The pair", refers_to="instrument.instrument", standard="FIX 55 Symbol"),
        Column("since", "date", "First day on which it is used", unit="date (Japan)"),
        Column("ratio", "decimal", "The ratio to the amount of the trade", unit="share"),
        Column("computed_by", "string", "Who computed it", values=("firm", "provider", "association")),
        Column("model", "string", "The model and its version", nullable=True),
    ),
    key=("instrument", "since"),
)
