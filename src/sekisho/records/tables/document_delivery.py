"""Documents delivered: which explanation, information, receipt or statement a client was given, when and in which version."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="document_delivery",
    meaning="One document given to one client, in writing or another suitable way.",
    columns=(
        Column("delivery_id", "string", "Id of the delivery"),
        Column("account_id", "string", "The client's account", refers_to="account.account_id", standard="FIX 1 Account"),
        Column(
            "document",
            "string",
            "What it is: the nature of crypto-assets explained, information before a transaction or before a continuing contract, "
            "the same for margin trading, a receipt, a statement of transactions and balances",
            values=(
                "nature_explanation",
                "transaction_information",
                "contract_information",
                "margin_information",
                "margin_contract_information",
                "receipt",
                "statement",
                "margin_statement",
            ),
        ),
        Column(
            "asset",
            "string",
            "The asset explained; null where it speaks of all that are handled",
            nullable=True,
            refers_to="asset.asset",
            standard="ISO 24165; FIX 55 Symbol",
        ),
        Column("version", "string", "Version of the document", nullable=True),
        Column("delivered_at", "time", "When the client was given it", unit="UTC"),
        Column("covers_until", "date", "Last day a statement speaks of", nullable=True, unit="date (Japan)"),
        Column("method", "string", "How: paper, electronic, screen", values=("paper", "electronic", "screen", "oral")),
        Column(
            "about_id",
            "string",
            "The deposit or transfer that a receipt is for",
            nullable=True,
        ),
    ),
    key=("delivery_id",),
)
