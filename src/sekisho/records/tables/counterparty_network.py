"""Counterparty networks: through which Travel Rule networks or protocols each operator can be notified."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="counterparty_network",
    meaning="One network or protocol through which one operator takes notices, for a period.",
    columns=(
        Column("vasp_id", "string", "The operator, as transfer.counterparty_vasp names it"),
        Column("network", "string", "The network or protocol: TRUST, SYGNA, TRP, TRISA …", pattern="[A-Z0-9_]+"),
        Column("reference", "string", "How it is reached there: a travel address, an endpoint, a member id", nullable=True),
        Column("since", "date", "First day", unit="date (Japan)"),
        Column("until", "date", "First day after the end; null if it goes on", nullable=True, unit="date (Japan)"),
    ),
    key=("vasp_id", "network", "since"),
)
