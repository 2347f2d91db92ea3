"""Events of a request: warnings shown and acknowledged, purposes given, second approvals, before a transfer or order went ahead."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="request_event",
    meaning="One thing that a person did, or was shown, about a transfer or an order that asked to go ahead.",
    columns=(
        Column("event_id", "string", "Id of the event"),
        Column("request_id", "string", "The transfer or order asked about: its transfer_id or order_id"),
        Column("occurred_at", "time", "When", unit="UTC"),
        Column(
            "kind",
            "string",
            "What happened",
            values=(
                "warning_shown",
                "warning_acknowledged",
                "purpose_given",
                "risk_confirmed",
                "monitored",
                "waited",
                "approved",
                "released",
                "refused",
                "cancelled",
            ),
        ),
        Column("party_id", "string", "Who did it, or was shown it", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column(
            "version",
            "string",
            "Version of the form or the rule set; of a warning its key and version, as romance:3",
            nullable=True,
        ),
        Column("text", "string", "What was said: the purpose, the ground of an approval", nullable=True),
    ),
    key=("event_id",),
)
