"""Files of evidence: kept outside the database under their SHA-256, written whole before any row names them, never changed."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import zipfile
from pathlib import Path
from typing import Final

from django.conf import settings
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


def folder() -> Path:
    """Where files lie (``files`` in the settings)."""
    return Path(settings.FOLDER) / settings.CHOSEN.files


def keep(content: bytes) -> str:
    """Write a file whole and durably under its hash; one that is there already is left. Gives the SHA-256."""
    digest = hashlib.sha256(content).hexdigest()
    place = _place(digest)
    if place.is_file() and place.stat().st_size == len(content):
        return digest
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{digest}.{secrets.token_hex(4)}")
    with draft.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(0o440)
    draft.replace(place)
    for each in (place.parent, place.parent.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return digest


def kept(digest: str) -> bytes:
    """The file of a hash. Raises ``Unfit`` where it is gone or is no longer what it was: that is said, never passed over."""
    place = _place(digest)
    try:
        content = place.read_bytes()
    except OSError:
        raise Unfit(_("The file %(sha256)s is not where it was kept.") % {"sha256": digest}) from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise Unfit(_("The file kept as %(sha256)s has been changed: it is no longer that file.") % {"sha256": digest})
    return content


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


def _place(digest: str) -> Path:
    assert re.fullmatch(r"[0-9a-f]{64}", digest), "a file is named by its SHA-256"
    return folder() / digest[:2] / digest


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
