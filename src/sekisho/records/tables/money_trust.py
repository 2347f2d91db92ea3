"""Money trusts: customers' money kept apart with a trustee."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="money_trust",
    meaning="The principal held in trust by one trustee on one day.",
    columns=(
        Column("as_of_date", "date", "The day, at its end", unit="date (Japan)"),
        Column("principal_jpy", "decimal", "Principal of the trust", unit="JPY"),
        Column("trustee", "string", "The trust company or bank"),
    ),
    key=("as_of_date",),
    unique_columns=("as_of_date", "trustee"),
)
