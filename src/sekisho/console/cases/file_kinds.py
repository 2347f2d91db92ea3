"""What a file of evidence may be: its name, its content and the kind it says it is have to agree."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from sekisho.console.desk.pages import Unfit

BYTES_MAX: Final = 20 * 2**20
_BEGINNINGS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PAR1", "application/vnd.apache.parquet"),
)
_TEXTS: Final = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".txt": "text/plain",
    ".log": "text/plain",
    ".eml": "message/rfc822",
}
_ENDINGS: Final = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "application/vnd.apache.parquet": (".parquet",),
}
_OFFICE: Final = {
    ".docx": ("word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ".xlsx": ("xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
_ACTIVE: Final = re.compile(rb"<\s*(script|html|svg|iframe|!doctype)", re.IGNORECASE)


def content_type_of(name: str, content: bytes) -> str:
    """The type of a file by its name and its content, which must agree. Raises ``Unfit`` for what is not taken in."""
    if not content:
        raise Unfit({"file": _("the file is empty")})
    if len(content) > BYTES_MAX:
        raise Unfit({"file": _("the file is larger than %(most)s MB") % {"most": BYTES_MAX >> 20}})
    ending = Path(name).suffix.lower()
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            if ending in _ENDINGS[kind]:
                return kind
            raise Unfit({"file": _("the content is %(kind)s, and the name says something else") % {"kind": kind}})
    if ending in _OFFICE:
        return _office(ending, content)
    if ending in _TEXTS and _is_text(content):
        return _TEXTS[ending]
    kinds = ", ".join(sorted({*_TEXTS, *_OFFICE, *(each for endings in _ENDINGS.values() for each in endings)}))
    said = _("this kind of file is not taken in, or its content is not what its name says; taken: %(kinds)s")
    raise Unfit({"file": said % {"kinds": kinds}})


def plain_name(name: str) -> str:
    """The name of a file without folders and without anything a path or a header could be broken with."""
    last = re.sub(r"[^\w.\- ()\[\]]", "_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    stem, dot, ending = last.rpartition(".")
    return (f"{stem[:150]}{dot}{ending[:12]}" if dot else last[:150]) or "file"


def _office(ending: str, content: bytes) -> str:
    part, kind = _OFFICE[ending]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            names = opened.namelist()
    except zipfile.BadZipFile:
        names = []
    if "[Content_Types].xml" not in names or not any(each.startswith(part) for each in names):
        raise Unfit({"file": _("the content is not what its name says")})
    if any(each.lower().endswith("vbaproject.bin") for each in names):
        raise Unfit({"file": _("files with macros are not taken in")})
    return kind


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return b"\0" not in content and _ACTIVE.search(content[:4096]) is None
