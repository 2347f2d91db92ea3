"""Nobody sees anything before signing in with a second factor; whoever is in is an actor, for as long as he is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.people.actor import Actor
from sekisho.console.people.tokens import actor_of
from sekisho.console.people.tries import OF_ADDRESS, address_key, one_more

OPEN: Final = ("/login/", "/password/", "/static/", "/oidc/", "/language/", "/health/")
"""Where somebody may be who has not signed in."""
HALF_WAY: Final = ("/second-factor/", "/logout/")
"""Where somebody may be who has given the password and not yet the second factor."""
SEEN_EVERY: Final = timedelta(minutes=1)
Answer = Callable[[HttpRequest], HttpResponse]


def sealed(answer: Answer) -> Answer:
    """The middleware for headers that Django has no setting for: no device of the browser, no use by other sites."""

    def pass_on(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return pass_on


def signed_in(answer: Answer) -> Answer:
    """The middleware: ``request.actor`` for whoever is in, by session or under /api/ by token; the login for everybody else."""

    def pass_on(request: HttpRequest) -> HttpResponse:
        at = timezone.now()
        if request.path.startswith(OPEN):
            return answer(request)
        if request.path.startswith("/api/") and "Authorization" in request.headers:
            return _by_token(request, at, answer)
        user = request.user
        if not user.is_authenticated:
            return _to(request, settings.LOGIN_URL)
        if _over(request, at):
            logout(request)
            return _to(request, settings.LOGIN_URL)
        if not _second_factor_given(request) and not request.path.startswith(HALF_WAY):
            return _to(request, "/second-factor/")
        request.actor = Actor.of(user, at)  # type: ignore[attr-defined]
        return _unstored(answer(request))

    return pass_on


def _by_token(request: HttpRequest, at: datetime, answer: Answer) -> HttpResponse:
    """Who brings a token comes by it alone: a session beside it counts for nothing, so no other site can borrow it."""
    kind, _space, given = request.headers["Authorization"].partition(" ")
    address = str(request.META.get("REMOTE_ADDR", ""))
    came = actor_of(given.strip(), at, address) if kind.lower() == "bearer" else None
    if came is None:
        within = one_more(at, {address_key(address): OF_ADDRESS})
        return JsonResponse({"error": _("this token does not let anybody in")}, status=401 if within else 429)
    request.actor, request.token = came  # type: ignore[attr-defined]
    request.user = request.actor.account  # type: ignore[attr-defined]
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined] # a token is never sent by a browser of itself
    return _unstored(answer(request))


def _over(request: HttpRequest, at: datetime) -> bool:
    """Whether he was away too long, or is in since too long; otherwise it is kept that he was seen."""
    session = request.session
    began, seen = (datetime.fromisoformat(session.get(name, at.isoformat())) for name in ("began_at", "seen_at"))
    if at - seen > timedelta(minutes=settings.CHOSEN.idle_minutes) or at - began > timedelta(seconds=settings.SESSION_COOKIE_AGE):
        return True
    if "seen_at" not in session or at - seen >= SEEN_EVERY:
        session["began_at"], session["seen_at"] = began.isoformat(), at.isoformat()
    return False


def _second_factor_given(request: HttpRequest) -> bool:
    verified = getattr(request.user, "is_verified", bool)()
    return not settings.CHOSEN.second_factor or verified or bool(request.session.get("second_factor_by_provider"))


def _unstored(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


def _to(request: HttpRequest, where: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"error": _("sign in first"), "at": where}, status=401)
    wanted = request.get_full_path() if request.method == "GET" else settings.LOGIN_REDIRECT_URL
    return HttpResponseRedirect(f"{where}?{urlencode({'next': wanted})}")
