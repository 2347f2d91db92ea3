"""Styles and scripts go out compressed, as pages do: each is compressed once, when a browser first asks for it, and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseFileResponse

TEXT: Final = ("text/", "application/json", "image/svg+xml")
Answer = Callable[[HttpRequest], HttpResponseBase]


def compressed(answer: Answer) -> Answer:
    """The middleware above WhiteNoise, which sends what lies compressed beside a file; inside packages nothing does.

    What goes out has its length, and what has not changed is still answered by WhiteNoise itself.
    """
    kept: dict[str, bytes] = {}

    def pass_on(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        if not (isinstance(response, WhiteNoiseFileResponse) and _is_text(response)):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if request.method != "GET" or "gzip" not in request.headers.get("Accept-Encoding", ""):
            return response
        state = f"{request.path_info} {response['ETag']}"
        with response.file_to_stream as file:
            if state not in kept:
                kept[state] = Compressor.compress_gzip(file.read())
        headers = {**response.headers, "Content-Encoding": "gzip", "Content-Length": str(len(kept[state]))}
        return HttpResponse(kept[state], headers=headers)

    return pass_on


def _is_text(response: WhiteNoiseFileResponse) -> bool:
    return (
        response.status_code == 200
        and not response.has_header("Content-Encoding")
        and str(response.headers.get("Content-Type", "")).startswith(TEXT)
    )
