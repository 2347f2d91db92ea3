"""Counterparty wallets: what was found out about wallets outside that no operator under a duty of notice keeps."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="counterparty_wallet",
    meaning="One evaluation of one wallet outside: who holds it, and how great the risk is.",
    columns=(
        Column("evaluation_id", "string", "Id of the evaluation"),
        Column("address", "string", "The wallet's address", standard="IVMS101 accountNumber"),
        Column(
            "account_id",
            "string",
            "The customer who uses it; null where the evaluation holds for all",
            nullable=True,
            refers_to="account.account_id",
        ),
        Column("evaluated_at", "time", "When", unit="UTC"),
        Column("evaluated_by", "string", "Who evaluated it", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column(
            "holder",
            "string",
            "Who holds it: the customer, another person, an operator without registration or in a place without an equal duty",
            values=("customer", "other_person", "unregistered_operator", "operator_without_duty", "unknown"),
        ),
        Column(
            "holder_name",
            "string",
            "The holder's name, as far as it is known",
            nullable=True,
            standard="IVMS101 beneficiary name (out), originator name (in)",
        ),
        Column("on_chain", "boolean", "Whether the wallet's history on the chain was analysed"),
        Column("risk", "string", "The risk as evaluated", values=("low", "medium", "high")),
        Column("suspicious", "boolean", "Whether a transfer with it was judged suspicious"),
        Column("ground", "string", "What the evaluation rests on", nullable=True),
    ),
    key=("evaluation_id",),
)
