"""Providers: everybody outside the firm who serves it, down to the last tier of outsourcing."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="provider",
    meaning="One service that one outside provider gives, for a period.",
    columns=(
        Column("provider_id", "string", "Id of the provider"),
        Column("name", "string", "Its name"),
        Column(
            "service",
            "string",
            "What it does",
            values=(
                "custody",
                "wallet_software",
                "key_management",
                "hosting",
                "development",
                "monitoring",
                "trading_system",
                "other",
            ),
        ),
        Column(
            "hired_by",
            "string",
            "The provider that hired it; null if the firm itself did",
            nullable=True,
            refers_to="provider.provider_id",
        ),
        Column("touches", "string", "What of the clients it can reach", values=("assets", "keys", "data", "nothing")),
        Column("in_group", "boolean", "Whether it belongs to the firm's own group, the parent included"),
        Column(
            "returns_assets_by",
            "string",
            "How assets it keeps come back if the firm fails: prompt return agreed, trust for the customers, neither",
            nullable=True,
            values=("prompt_return", "trust", "neither"),
        ),
        Column(
            "open_to_inspection",
            "boolean",
            "Whether the contract lets the firm and the authorities inspect and ask for records",
        ),
        Column(
            "notified_on",
            "date",
            "Day on which it notified the authority as a vendor of key systems; null if it did not",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("since", "date", "First day of the service", unit="date (Japan)"),
        Column(
            "until",
            "date",
            "First day after its end; null if it goes on",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("owner", "string", "The department of the firm that answers for the provider"),
    ),
    key=("provider_id", "service", "since"),
)
