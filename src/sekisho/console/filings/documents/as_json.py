"""The filing as JSON: what was written, with titles and provisions, for a program that fills the addressee's own form."""

from __future__ import annotations

import msgspec

from sekisho.console.filings.documents.sheet import Sheet
from sekisho.console.filings.fields import both


def as_json(sheet: Sheet) -> bytes:
    """JSON in UTF-8, indented, keys in the order of the filing."""
    told = {
        "filing": sheet.head.filing_id,
        "kind": sheet.kind.name,
        "title": both(sheet.kind.title),
        "to": both(sheet.kind.to),
        "form": both(sheet.kind.form),
        "provision": sheet.kind.provision,
        "version": sheet.head.version,
        "state": sheet.head.state,
        "filed_on": sheet.head.filed_on or None,
        "receipt_number": sheet.head.receipt_number or None,
        "sha256": sheet.head.sha256,
        "items": [
            {
                "name": item.name,
                "title": both(item.title),
                "provision": item.provision or None,
                "verified": item.verified,
                "value": sheet.content.get(item.name),
            }
            for item in sheet.kind.items
        ],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
