"""Writes the certificate's three files, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from sekisho.custody.page import write_page
from sekisho.custody.workbook import write_workbook
from sekisho.findings.outputs import whole


def write_certificate(told: dict[str, Any], out: Path, lang: str) -> None:
    """Write certificate.json, certificate.xlsx and certificate.pdf into ``out``; the same certificate gives the same bytes."""
    with whole(out) as place:
        place("certificate.json").write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
        write_workbook(told, place("certificate.xlsx"), lang)
        write_page(told, place("certificate.pdf"), lang)
