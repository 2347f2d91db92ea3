"""Wallet services: wallet software that others offer to the public, whether they are registered, and their known addresses."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="wallet_service",
    meaning="One known address of one wallet service offered to the public, for a period.",
    columns=(
        Column("service_id", "string", "Id of the service"),
        Column("name", "string", "Its name, as transfers and contracts write it"),
        Column("operator", "string", "Who offers it"),
        Column("non_custodial", "boolean", "Whether its users keep their own keys"),
        Column("registered", "boolean", "Whether the operator is registered in Japan as a crypto-asset exchange"),
        Column(
            "address",
            "string",
            "An address known to be the service's own (a contract, a fee address); none where none is known",
            standard="IVMS101 accountNumber",
        ),
        Column("since", "date", "First day on which it is so", unit="date (Japan)"),
        Column(
            "until",
            "date",
            "First day on which it no longer is; null if it still is",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("service_id", "address", "since"),
)
