"""Registered operators: who is on an authority's register, for which business, under which names, and who has left it."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="registered_operator",
    meaning="One operator that is, was or asked to be on the authority's register.",
    columns=(
        Column("operator_id", "string", "Id of the operator"),
        Column("name", "string", "Its trade name, as the register writes it"),
        Column(
            "other_names",
            "string",
            "Translations, trade names and former names, separated by |; null if there are none",
            nullable=True,
        ),
        Column(
            "business",
            "string",
            "For what it is, was or asked to be registered",
            values=(
                "crypto_asset_exchange",
                "crypto_asset_intermediary",
                "type_1",
                "type_2",
                "investment_management",
                "investment_advice",
            ),
        ),
        Column("domains", "string", "Internet domains that are its own, separated by |", nullable=True),
        Column("bureau", "string", "Local finance bureau that registered it (関東, 近畿 …)", nullable=True),
        Column(
            "number",
            "string",
            "Number on the register of that bureau; null if it is not registered",
            nullable=True,
            pattern="[0-9]{1,5}",
        ),
        Column("registered_on", "date", "Day of registration", nullable=True, unit="date (Japan)"),
        Column(
            "left_on",
            "date",
            "First day on which it is no longer on the register; null if it still is",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("operator_id", "business"),
)
