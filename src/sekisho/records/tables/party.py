"""Parties: the people and firms behind accounts, and who else matters to a rule."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="party",
    meaning="One person or firm.",
    columns=(
        Column("party_id", "string", "Id of the party", standard="FIX 448 PartyID"),
        Column(
            "kind",
            "string",
            "Natural person or firm",
            values=("individual", "corporate"),
            standard="IVMS101 naturalPerson, legalPerson",
        ),
        Column(
            "country",
            "string",
            "Country of residence or registration",
            pattern="[A-Z]{2}",
            standard="ISO 3166-1 alpha-2; IVMS101 countryOfResidence, countryOfRegistration",
        ),
        Column(
            "born_on",
            "date",
            "Day of birth, of a natural person",
            nullable=True,
            unit="date (Japan)",
            standard="IVMS101 dateOfBirth",
        ),
        Column("registered_on", "date", "Day of registration, of a firm", nullable=True, unit="date (Japan)"),
    ),
    key=("party_id",),
)
