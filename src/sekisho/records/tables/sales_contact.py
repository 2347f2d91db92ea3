"""Sales contacts: when the firm solicited a customer, whether the customer had asked for it, agreed to hear it, or refused."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="sales_contact",
    meaning="One step in soliciting one customer: a request, an agreement to listen, a refusal, or the solicitation.",
    columns=(
        Column("contact_id", "string", "Id of the contact"),
        Column("occurred_at", "time", "When", unit="UTC"),
        Column("account_id", "string", "The customer's account", refers_to="account.account_id", standard="FIX 1 Account"),
        Column(
            "kind",
            "string",
            "What happened; a customer's enquiry about general matters is not a request to be solicited",
            values=("requested_by_customer", "willingness_confirmed", "refusal", "solicitation"),
        ),
        Column("channel", "string", "How", values=("visit", "telephone", "branch", "mail", "message", "other")),
        Column("staff_party_id", "string", "Who acted for the firm", nullable=True, refers_to="party.party_id"),
    ),
    key=("contact_id",),
)
