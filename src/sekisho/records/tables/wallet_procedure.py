"""Wallet procedures: what the firm's own rules ask of every movement out of a wallet, for a period."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="wallet_procedure",
    meaning="The registered procedure of one wallet, from a day on: approvals, signatures, caps, destinations.",
    columns=(
        Column("wallet_id", "string", "The wallet", refers_to="wallet.wallet_id"),
        Column("since", "date", "First day on which it holds", unit="date (Japan)"),
        Column(
            "until",
            "date",
            "First day on which it no longer holds; null if it still does",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("approvals_min", "integer", "Persons besides the one who asks who must approve a movement"),
        Column("signatures_min", "integer", "Persons who must sign a movement; 0 where a machine signs"),
        Column(
            "listed_destinations_only",
            "boolean",
            "Whether coins may leave only for an address in wallet_destination",
        ),
        Column(
            "quantity_max",
            "decimal",
            "Most that one movement may take; null if there is no cap",
            nullable=True,
            unit="units of the asset",
        ),
        Column(
            "window_quantity_max",
            "decimal",
            "Most that may leave within window_minutes; null if there is no cap",
            nullable=True,
            unit="units of the asset",
        ),
        Column("window_minutes", "integer", "Length of that time", nullable=True, unit="minute", sign="positive"),
        Column("owner", "string", "The department that answers for this procedure"),
    ),
    key=("wallet_id", "since"),
)
