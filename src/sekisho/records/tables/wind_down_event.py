"""Wind-down events: what was decided, ordered or found on the way from a working exchange to one that has returned everything."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="wind_down_event",
    meaning="One event of a closure, transfer, revocation, insolvency or administration.",
    columns=(
        Column("event_id", "string", "Id of the event"),
        Column(
            "kind",
            "string",
            "What happened: a closure, transfer of business, merger, dissolution or split planned; the business ceased; an "
            "insolvency proceeding asked for; business suspended; registration revoked; the authority's public notice to a firm "
            "whose place is not known; assets ordered to be held in Japan, and that order lifted; the trust's beneficiary agent "
            "called on the trust; management found incapable; an administrator appointed or discharged",
            values=(
                "closure_planned",
                "business_transfer_planned",
                "merger_planned",
                "dissolution_planned",
                "split_planned",
                "ceased",
                "insolvency_filed",
                "suspended",
                "revoked",
                "whereabouts_notice",
                "domestic_holding_ordered",
                "domestic_holding_lifted",
                "trust_called",
                "management_incapable",
                "administrator_appointed",
                "administrator_discharged",
            ),
        ),
        Column("occurred_on", "date", "Day on which it happened, was ordered, decided or found", unit="date (Japan)"),
        Column(
            "effective_on",
            "date",
            "Day on which it takes effect, where that is another: the day planned for the closure",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("whole", "boolean", "Whether it concerns the whole business", nullable=True),
        Column(
            "party_id",
            "string",
            "The administrator, the agent or the successor",
            nullable=True,
            refers_to="party.party_id",
            standard="FIX 448 PartyID",
        ),
        Column("decided_by", "string", "Who decided, ordered or found it: the firm, an authority, a court", nullable=True),
        Column("document", "string", "The order, resolution or finding, and where it lies", nullable=True),
    ),
    key=("event_id",),
)
