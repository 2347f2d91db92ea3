"""Evidence files: kept once under their SHA-256 and checked again when they leave; who takes one is written down."""

from __future__ import annotations

import base64
import binascii
import hashlib
import mimetypes
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import FileResponse, Http404
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


def keep_file(name: str, chunks: Iterable[bytes]) -> KeptFile:
    """Put a file into the store; the same content is kept once. Raises ``Unfit`` where it is empty, too large, or has no name."""
    shown = Path(name.replace("\\", "/")).name.strip()
    if not shown or len(shown) > NAME_MAX or not shown.isprintable():
        raise Unfit({"file": _("give the file a name of at most 200 letters")})
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as new:
        try:
            for chunk in chunks:
                size += len(chunk)
                if size > BYTES_MAX:
                    raise Unfit({"file": _("a file may have at most 50 MB: split it, or name where it lies")})
                digest.update(chunk)
                new.write(chunk)
            if not size:
                raise Unfit({"file": _("the file is empty")})
            new.flush()
            os.fsync(new.fileno())
            sha256 = digest.hexdigest()
            place = _place(sha256)
            place.parent.mkdir(parents=True, exist_ok=True)
            Path(new.name).replace(place)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise
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


def content_of(kept: KeptFile) -> bytes:
    """The content of a file that was just kept."""
    return _place(kept.sha256).read_bytes()


def hand_out(request: Asked, name: str, sha256: str) -> FileResponse:
    """The file as a download, once its content is proved to be what was kept; who took it is written down."""
    place = _place(sha256)
    if not place.is_file():
        raise Http404(_("The file is not in the store."))
    with place.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise Unfit(_("The file in the store is no longer what was kept: its SHA-256 differs."))
    with acting(request.actor.author, "take a file") as act:
        act.note("file", sha256, "taken", None, name)
    return FileResponse(place.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream")


def _folder() -> Path:
    return Path(settings.FOLDER) / settings.CHOSEN.files


def _place(sha256: str) -> Path:
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise Http404(_("The file is not in the store."))
    return _folder() / sha256[:2] / sha256
