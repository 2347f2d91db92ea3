"""Signs of a solicitation: what shows on which day whom it addresses, whether it keeps Japan out, and whether it deceives."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="solicitation_sign",
    meaning="One sign that somebody looked for in one solicitation on one day, and whether it was there.",
    columns=(
        Column("sign_id", "string", "Id of the sign"),
        Column("solicitation_id", "string", "The solicitation", refers_to="solicitation.solicitation_id"),
        Column("observed_on", "date", "Day on which it was looked for", unit="date (Japan)"),
        Column(
            "sign",
            "string",
            "What was looked for",
            values=(
                "japanese_text",
                "yen_prices",
                "yen_payments",
                "japan_support",
                "linked_from_japan_site",
                "advertised_in_japan",
                "japan_residents_accepted",
                "trades_with_japan_residents",
                "disclaimer",
                "disclaimer_readable_at_once",
                "disclaimer_in_japanese",
                "residence_checked",
                "japan_orders_refused",
                "registration_claimed",
                "gains_promised",
                "withdrawal_refused",
                "impersonation",
            ),
        ),
        Column("present", "boolean", "Whether it was there"),
        Column("evidence", "string", "What was seen, and where the capture is kept"),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("sign_id",),
)
