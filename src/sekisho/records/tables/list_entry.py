"""List entries: the addresses, names and domains on each version of each list."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="list_entry",
    meaning="One entry of one version of a list, named by its row in the file it was loaded from.",
    columns=(
        Column("list_id", "string", "The list", refers_to="list_version.list_id"),
        Column("version", "integer", "The version whose own entry it is (list_version.entries_of)", sign="positive"),
        Column("row", "integer", "Row of the file, the header not counted", sign="positive"),
        Column("entry_kind", "string", "What is listed", values=("address", "name", "domain", "url")),
        Column("value", "string", "The address, name, domain or URL as published", standard="IVMS101 accountNumber (addresses)"),
        Column("normal_form", "string", "The same, written in the one way it is looked up by"),
        Column("asset", "string", "The asset the source names; null where it names none", nullable=True, standard="ISO 24165"),
        Column("category", "string", "Category by the source's own words, such as ransomware", nullable=True),
        Column("subject", "string", "Whom or what it belongs to: person, group, operator", nullable=True),
        Column("reference", "string", "The source's own number or address of the entry", nullable=True),
        Column("confidence", "integer", "How sure the source is, 0 to 100", nullable=True, standard="STIX 2.1 confidence"),
        Column("valid_from", "time", "From when the entry applies; null from the start of the version", nullable=True, unit="UTC"),
        Column(
            "valid_until",
            "time",
            "First moment at which it no longer applies; null while it does",
            nullable=True,
            unit="UTC",
            standard="STIX 2.1 valid_until",
        ),
        Column(
            "marking",
            "string",
            "Who may be shown it, by the traffic light protocol; null where the source says nothing",
            nullable=True,
            values=("clear", "green", "amber", "amber+strict", "red"),
            standard="TLP 2.0 (FIRST)",
        ),
    ),
    key=("list_id", "version", "row"),
)
