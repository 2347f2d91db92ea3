"""Reserve uses: payments out of the liability reserve, what for, and who approved them."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="reserve_use",
    meaning="One payment out of the liability reserve.",
    columns=(
        Column("use_id", "string", "The payment"),
        Column("used_on", "date", "Day of the payment", unit="date (Japan)"),
        Column("amount_jpy", "decimal", "Amount", unit="JPY", sign="positive"),
        Column(
            "purpose",
            "string",
            "What for: a loss by an accident, a loss by a theft of crypto-assets, release of the part above the ceiling, or else",
            values=("accident", "outflow", "release", "other"),
        ),
        Column(
            "act",
            "string",
            "The unlawful or unjust act of the firm or its people behind the loss (FIB 118(i)); empty where there is none",
            nullable=True,
            values=(
                "unconfirmed_order",
                "misleading_solicitation",
                "processing_error",
                "system_abnormality",
                "other_unlawful_act",
            ),
        ),
        Column("approved_on", "date", "Day on which the authority approved this use", nullable=True, unit="date (Japan)"),
    ),
    key=("use_id",),
)
