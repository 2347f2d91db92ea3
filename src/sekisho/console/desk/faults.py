"""What goes wrong outside of pages: told as a page in the reader's language, and under /api/ as JSON; never with its inside."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def told(request: HttpRequest, status: int, said: str) -> HttpResponse:
    """The answer that tells it."""
    if request.path.startswith("/api/"):
        return JsonResponse({"error": said}, status=status)
    return render(request, "desk/refused.html", {"status": status, "said": said, "page": "refused"}, status=status)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a request that is none."""
    return told(request, 400, _("This request cannot be understood."))


def not_yours(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return told(request, 403, _("This is not yours to see or do."))


def not_ours(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that another site sent, or one older than the session."""
    return told(
        request, 403, _("This form does not come from a page of this session. Go back, load the page again, and send it anew.")
    )


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return told(request, 404, _("There is no such thing here."))


def broken(request: HttpRequest) -> HttpResponse:
    """500: a fault of ours. Nothing half-done is left; the log has the rest. It must not need what may be broken."""
    said = _("Something went wrong here. Nothing was done by halves; the log of the server says more.")
    try:
        return told(request, 500, said)
    except Exception:
        return HttpResponse(said, status=500, content_type="text/plain; charset=utf-8")
