"""Margin calls: when a shortfall of margin was determined, and when it was paid in or the trades settled."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="margin_call",
    meaning="One call for more margin.",
    columns=(
        Column("call_id", "string", "Id of the call"),
        Column("account_id", "string", "The account", refers_to="account.account_id", standard="FIX 1 Account"),
        Column("determined_at", "time", "When the shortfall was determined", unit="UTC"),
        Column("shortfall_jpy", "decimal", "The shortfall", unit="JPY", sign="positive"),
        Column("notified_at", "time", "When the client was told; null if not yet", nullable=True, unit="UTC"),
        Column("met_at", "time", "When it was paid in whole; null while it is not", nullable=True, unit="UTC"),
        Column("settled_at", "time", "When the trades were settled instead; null if they were not", nullable=True, unit="UTC"),
        Column("excuse", "string", "Why more time was given, such as a client who cannot be reached", nullable=True),
    ),
    key=("call_id",),
)
