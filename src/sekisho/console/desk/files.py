"""Evidence files: kept once under their SHA-256 and checked again when they leave; who takes one is written down."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import mimetypes
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import FileResponse
from django.utils.translation import gettext as _

from sekisho.console.desk.pages import Asked, Unfit
from sekisho.console.journal.acting import acting

BYTES_MAX: Final = 50 * 2**20
NAME_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file in the store: its name as it was given, its SHA-256 (hexadecimal), its bytes, and its media type by the name."""

    name: str
    sha256: str
    size: int
    media: str


def store(chunks: Iterable[bytes], bytes_max: int | None = None) -> tuple[str, int]:
    """Write a file whole and durably under its SHA-256, before any row names it; the same content is kept once.

    Gives the hash (hexadecimal) and the bytes. Raises ``Unfit`` where it is empty or larger than ``bytes_max``, and leaves nothing.
    """
    folder().mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder(), prefix=".", delete=False) as new:
        draft = Path(new.name)
        try:
            for chunk in chunks:
                size += len(chunk)
                if bytes_max is not None and size > bytes_max:
                    raise Unfit({"file": _("the file is larger than %(most)s MB") % {"most": bytes_max >> 20}})
                digest.update(chunk)
                new.write(chunk)
            if not size:
                raise Unfit({"file": _("the file is empty")})
            new.flush()
            os.fsync(new.fileno())
            place = place_of(digest.hexdigest())
            place.parent.mkdir(parents=True, exist_ok=True)
            draft.chmod(0o440)
            draft.replace(place)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    for each in (place.parent, folder()):
        _to_disk(each)
    return digest.hexdigest(), size


def stored(sha256: str) -> bytes:
    """The content kept under a hash. Raises ``Unfit`` where it is gone or is no longer what it was; neither is passed over."""
    try:
        content = place_of(sha256).read_bytes()
    except OSError:
        raise Unfit(_("The file %(sha256)s is not where it was kept.") % {"sha256": sha256}) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Unfit(_("The file kept as %(sha256)s has been changed: it is no longer that file.") % {"sha256": sha256})
    return content


def forget(sha256: str) -> None:
    """Take a file out of the store, once the last record that names it is gone for good (after its act is committed)."""
    place_of(sha256).unlink(missing_ok=True)


def keep_file(name: str, chunks: Iterable[bytes]) -> KeptFile:
    """Put a file into the store under the name it was given. Raises ``Unfit`` where it is empty, too large, or has no name."""
    shown = Path(name.replace("\\", "/")).name.strip()
    if not shown or len(shown) > NAME_MAX or not shown.isprintable():
        raise Unfit({"file": _("give the file a name of at most 200 letters")})
    sha256, size = store(chunks, BYTES_MAX)
    return KeptFile(name=shown, sha256=sha256, size=size, media=mimetypes.guess_type(shown)[0] or "application/octet-stream")


def given_file(request: Asked, name: str = "", content: str = "") -> KeptFile | None:
    """The file that came with an act: the form's ``file``, or in JSON ``name`` and ``content`` (base64). None: none came."""
    sent: Any = request.FILES.get("file")
    if sent is not None:
        return keep_file(sent.name or "", sent.chunks())
    if not content:
        return None
    try:
        return keep_file(name, [base64.b64decode(content, validate=True)])
    except binascii.Error:
        raise Unfit({"content": _("is not base64")}) from None


def hand_out(request: Asked, name: str, sha256: str) -> FileResponse:
    """The file as a download, once its content is proved to be what was kept; who took it is written down."""
    content = stored(sha256)
    with acting(request.actor.author, "take a file") as act:
        act.note("file", sha256, "taken", None, name)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type="application/octet-stream")


def folder() -> Path:
    """Where files lie (``files`` in the settings)."""
    return Path(settings.FOLDER) / settings.CHOSEN.files


def place_of(sha256: str) -> Path:
    """Where the file of a hash lies, or would."""
    assert re.fullmatch(r"[0-9a-f]{64}", sha256), "a file is named by its SHA-256"
    return folder() / sha256[:2] / sha256


def _to_disk(entries: Path) -> None:
    handle = os.open(entries, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
