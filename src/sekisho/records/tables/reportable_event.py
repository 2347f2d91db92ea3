"""Reportable events: misconduct and incidents the firm came to know of, which it has to report to the authority."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="reportable_event",
    meaning="One act of misconduct, fault or cyber incident that the firm came to know of and that is to be reported.",
    columns=(
        Column("event_id", "string", "Id of the event"),
        Column(
            "kind",
            "string",
            "What it is: an act of an officer or employee against the law or the proper conduct of the business; a fault that "
            "delays or stops the business or may; a cyber incident; an attack announced or detected that may affect clients",
            values=("misconduct", "system_fault", "cyber_incident", "attack_warning"),
        ),
        Column("known_at", "time", "When the firm came to know of it", unit="UTC"),
        Column("occurred_at", "time", "When it happened or began, where that is known", nullable=True, unit="UTC"),
        Column("summary", "string", "What happened, in a sentence"),
        Column("recovered_at", "time", "When the business ran as before; null while it does not", nullable=True, unit="UTC"),
        Column("cause_known_at", "time", "When the cause was established; null while it is not", nullable=True, unit="UTC"),
        Column("owner", "string", "The department that answers for it"),
    ),
    key=("event_id",),
)
