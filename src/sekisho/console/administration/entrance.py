"""The entrance: password, then second factor, then in; out again; and the choices everybody has before."""

from __future__ import annotations

import segno
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as pass_second_factor
from django_otp import match_token
from django_otp.plugins.otp_totp.models import TOTPDevice

from sekisho.console.journal.acting import SYSTEM, Author, acting

TRIES, TRY_SECONDS = 8, 600


@never_cache
@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """The account and its password. After too many wrong ones the account waits some minutes; every refusal is in the journal."""
    fault = ""
    if request.method == "POST":
        name = request.POST.get("username", "")[:150]
        tried = int(cache.get(f"tries {name}") or 0)
        user = None
        if tried < TRIES:
            with acting(SYSTEM, "check a password"):
                user = authenticate(request, username=name, password=request.POST.get("password", ""))
        if user is not None:
            cache.delete(f"tries {name}")
            login(request, user)
            with acting(Author(account=user.username, person=user.person_id), "sign in") as act:
                act.note("account", str(user.pk), "signed in", None, True)
            return HttpResponseRedirect(_next(request))
        cache.set(f"tries {name}", tried + 1, TRY_SECONDS)
        with acting(SYSTEM, "refuse a sign-in") as act:
            act.note("account", name, "refused", None, tried + 1)
        fault = _("Too many tries; wait ten minutes.") if tried + 1 >= TRIES else _("Account and password do not fit.")
    content = {"fault": fault, "next": _next(request), "oidc": settings.CHOSEN.oidc is not None, "page": "login"}
    return render(request, "administration/login.html", content, status=403 if fault else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """The six digits of the authenticator; the first time its secret is shown, and used only once it was proved to work."""
    user = request.user
    assert user.is_authenticated
    device = TOTPDevice.objects.filter(user=user).order_by("-confirmed", "pk").first()
    if device is None:
        device = TOTPDevice.objects.create(user=user, name="authenticator", confirmed=False)
    fault = ""
    if request.method == "POST":
        token = request.POST.get("token", "").replace(" ", "")
        passed = match_token(user, token) if device.confirmed else (device if device.verify_token(token) else None)
        if passed is not None:
            if not device.confirmed:
                with acting(Author(account=user.username, person=user.person_id), "set up a second factor") as act:
                    act.note("account", str(user.pk), "second factor", None, "set up")
                    TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
                device.confirmed = True
            pass_second_factor(request, passed)
            return HttpResponseRedirect(_next(request))
        fault = _("These digits do not fit. They change every 30 seconds; look at the clock of both machines.")
    new = not device.confirmed
    picture = segno.make(device.config_url).svg_inline(scale=4) if new else ""
    content = {
        "fault": fault,
        "next": _next(request),
        "new": new,
        "picture": picture,
        "secret": device.config_url.split("secret=")[1].split("&")[0] if new else "",
    }
    return render(request, "administration/second_factor.html", {"page": "second factor", **content}, status=403 if fault else 200)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Out."""
    logout(request)
    return HttpResponseRedirect(settings.LOGIN_URL)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Light or dark, kept in this browser."""
    answer = HttpResponseRedirect(_next(request))
    if request.POST.get("theme") in ("light", "dark"):
        answer.set_cookie("theme", request.POST["theme"], max_age=31_536_000, samesite="Lax", secure=settings.CHOSEN.secure)
    return answer


def health(request: HttpRequest) -> HttpResponse:
    """Whether the console and its database answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"console": "up"})


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or settings.LOGIN_REDIRECT_URL
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe and not wanted.startswith("/api/") else settings.LOGIN_REDIRECT_URL
