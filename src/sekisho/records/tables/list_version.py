"""List versions: every version of every list the gate screens against, who loaded it, from where, and since when it applies."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="list_version",
    meaning="One version of one list. A version is never changed; an update or a return to an earlier one is a new version.",
    columns=(
        Column("list_id", "string", "Name of the list, such as ofac_addresses", pattern="[a-z0-9][a-z0-9_.-]{0,63}"),
        Column("version", "integer", "Number of the version, from 1", sign="positive"),
        Column(
            "kind",
            "string",
            "What being on the list means",
            values=("sanctions", "illicit", "unregistered", "scam_domains", "counterparties"),
        ),
        Column("source", "string", "Who published it: authority or provider, with address or document number"),
        Column(
            "valid_from",
            "time",
            "From when the version applies; never before it was loaded, whatever is earlier here",
            unit="UTC",
        ),
        Column("loaded_at", "time", "When it was loaded", unit="UTC"),
        Column("loaded_by", "string", "The person who loaded it"),
        Column("entries", "integer", "Number of its entries"),
        Column("file_name", "string", "Name of the file it was loaded from"),
        Column("sha256", "string", "Hash of that file, byte for byte", pattern="[0-9a-f]{64}"),
        Column("entries_sha256", "string", "Hash of the entries as stored", pattern="[0-9a-f]{64}"),
        Column(
            "entries_of",
            "integer",
            "The version whose entries it has: its own number, or after a return the earlier one's",
            sign="positive",
        ),
        Column("note", "string", "Why it was loaded, or why an earlier version was returned to", nullable=True),
    ),
    key=("list_id", "version"),
)
