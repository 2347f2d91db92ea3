"""Trading venues outside the firm: how each one works, and who can change it."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="trading_venue",
    meaning="One venue on which crypto-assets change hands, as it was found on one day.",
    columns=(
        Column("venue_id", "string", "Id of the venue"),
        Column("name", "string", "Its name"),
        Column("observed_on", "date", "Day on which it was looked at", unit="date (Japan)"),
        Column(
            "settles_by_contract", "boolean", "Whether trades settle by smart contracts alone; null if not known", nullable=True
        ),
        Column("peer_to_peer", "boolean", "Whether users trade with each other or a pool, not with an operator", nullable=True),
        Column("holds_client_assets", "boolean", "Whether somebody holds the users' assets or keys", nullable=True),
        Column("centrally_managed", "boolean", "Whether somebody decides on trades, listings or access", nullable=True),
        Column("modifiable", "boolean", "Whether somebody can change the contracts after launch", nullable=True),
        Column("evidence", "string", "What the entries rest on"),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("venue_id", "observed_on"),
)
