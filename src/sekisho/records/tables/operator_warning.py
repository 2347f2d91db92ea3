"""Operator warnings: which unregistered operators an authority has warned publicly, and when."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="operator_warning",
    meaning="One public warning by an authority to one operator that is not registered.",
    columns=(
        Column("warning_id", "string", "Id of the warning"),
        Column("name", "string", "The operator's name, as the warning writes it"),
        Column("other_names", "string", "Other names it is known under, separated by |", nullable=True),
        Column("domains", "string", "Internet domains that are its own, separated by |", nullable=True),
        Column("warned_on", "date", "Day of the warning", unit="date (Japan)"),
        Column("issued_by", "string", "The authority"),
        Column("source", "string", "Where the warning can be read"),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("warning_id",),
)
