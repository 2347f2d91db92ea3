"""Links between parties: common owners, households, officers, advisers, who controls whom."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="party_link",
    meaning="One relation from a party to another, for a period.",
    columns=(
        Column(
            "party_id",
            "string",
            "The party the relation starts from (the owner, the officer, the adviser)",
            refers_to="party.party_id",
            standard="FIX 448 PartyID",
        ),
        Column(
            "linked_party_id",
            "string",
            "The party the relation points at (the owned, the firm, the advised)",
            refers_to="party.party_id",
            standard="FIX 448 PartyID",
        ),
        Column(
            "relation",
            "string",
            "How the first is related to the second",
            values=(
                "same_owner",
                "household",
                "controls",
                "officer",
                "employee",
                "major_holder",
                "adviser",
                "contract",
                "supervisor",
            ),
            standard="FIX 452 PartyRole",
        ),
        Column(
            "since",
            "date",
            "First day of the relation; null if it was always so",
            nullable=True,
            unit="date (Japan)",
        ),
        Column(
            "until",
            "date",
            "First day on which it no longer holds; null if it still does",
            nullable=True,
            unit="date (Japan)",
        ),
    ),
    key=("party_id", "linked_party_id", "relation"),
    unique_columns=("party_id", "linked_party_id", "relation", "since"),
)
