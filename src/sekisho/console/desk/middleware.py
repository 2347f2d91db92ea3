"""Nobody sees anything before signing in with a second factor; whoever is in is an actor."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone

from sekisho.console.people.actor import Actor

OPEN = ("/login/", "/static/", "/oidc/", "/language/", "/health/")
"""Where somebody may be who has not signed in."""
HALF_WAY = ("/second-factor/", "/logout/")
"""Where somebody may be who has given the password and not yet the second factor."""


def signed_in(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The middleware: ``request.actor`` for whoever is in, the way to the login for everybody else."""

    def pass_on(request: HttpRequest) -> HttpResponse:
        user = request.user
        if request.path.startswith(OPEN):
            return answer(request)
        if not user.is_authenticated:
            return _to(request, settings.LOGIN_URL)
        if settings.CHOSEN.second_factor and not getattr(user, "is_verified", bool)() and not request.path.startswith(HALF_WAY):
            return _to(request, "/second-factor/")
        request.actor = Actor.of(user, timezone.now())  # type: ignore[attr-defined]
        response = answer(request)
        response["Cache-Control"] = "no-store"
        return response

    return pass_on


def _to(request: HttpRequest, where: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"error": "sign in first", "at": where}, status=401)
    return HttpResponseRedirect(f"{where}?{urlencode({'next': request.get_full_path()})}")
