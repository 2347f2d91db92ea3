"""Styles and scripts go out compressed, as pages do: each is compressed once, when a browser first asks for it, and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from whitenoise.compress import Compressor

TEXT: Final = ("text/", "application/json", "image/svg+xml")
Answer = Callable[[HttpRequest], HttpResponseBase]


def compressed(answer: Answer) -> Answer:
    """The middleware above WhiteNoise, which sends what lies compressed beside a file; inside packages nothing does.

    What goes out has its length, and what has not changed is still answered by WhiteNoise itself.
    """
    kept: dict[str, bytes] = {}

    def pass_on(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        file = _text_of(response) if request.path_info.startswith(settings.STATIC_URL) else None
        if file is None:
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return response
        state = f"{request.path_info} {response['ETag']}"
        with file:
            if state not in kept:
                kept[state] = Compressor.compress_gzip(file.read())
        headers = {**response.headers, "Content-Encoding": "gzip", "Content-Length": str(len(kept[state]))}
        return HttpResponse(kept[state], headers=headers)

    return pass_on


def _text_of(response: HttpResponseBase) -> BinaryIO | None:
    """The file that is sent, where it is text, whole, and not compressed already."""
    whole = response.status_code == 200 and not response.has_header("Content-Encoding")
    if not (whole and isinstance(response, FileResponse) and response.headers.get("Content-Type", "").startswith(TEXT)):
        return None
    return response.file_to_stream
