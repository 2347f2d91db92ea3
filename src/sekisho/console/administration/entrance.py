"""The entrance: password or provider, then second factor, then in; out again; and the choices everybody has before."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import segno
from django.conf import settings
from django.contrib.auth import authenticate, login, logout, user_logged_in
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import connection
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as pass_second_factor
from django_otp import match_token
from django_otp.plugins.otp_totp.models import TOTPDevice

from sekisho.console.journal.acting import SYSTEM, Author, acting
from sekisho.console.people.models import Account, Preferences
from sekisho.console.people.tries import OF_ACCOUNT, OF_ADDRESS, account_key, address_key, forget, one_more, take_back

_LINKS = PasswordResetTokenGenerator()
"""Links to a new password: good once, because they hold a hash of the old one."""


@never_cache
@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """The account and its password. After too many wrong ones the account waits some minutes; every refusal is in the journal."""
    fault = _("Your provider does not let you in here.") if "refused" in request.GET else ""
    if request.method == "POST":
        at, name = timezone.now(), request.POST.get("username", "").replace("\0", "")[:150]
        address = _address(request)
        if not one_more(at, {account_key(name): OF_ACCOUNT, address_key(address): OF_ADDRESS}):
            return _refused(request, name, "too many tries", _("Too many tries; wait ten minutes."), 429)
        with acting(SYSTEM, "check a password"):
            user = authenticate(request, username=name, password=request.POST.get("password", ""))
        if user is None:
            return _refused(request, name, "password", _("Account and password do not match."), 403)
        forget(account_key(name), at)
        take_back(address_key(address))
        login(request, user)
        return _with_preferences(HttpResponseRedirect(_next(request)), user)
    return _entrance(request, fault, 200)


def _refused(request: HttpRequest, name: str, why: str, fault: str, status: int) -> HttpResponse:
    note_refusal(name, why, _address(request))
    return _entrance(request, fault, status, name)


def note_refusal(name: str, why: str, address: str) -> None:
    """Somebody was not let in."""
    with acting(SYSTEM, "refuse a sign-in") as act:
        act.note("account", name[:128], "refused", None, {"why": why, "from": address})


def _entrance(request: HttpRequest, fault: str, status: int, name: str = "") -> HttpResponse:
    content = {"fault": fault, "name": name, "next": _next(request), "oidc": settings.CHOSEN.oidc is not None, "page": "login"}
    return render(request, "administration/login.html", content, status=status)


@receiver(user_logged_in)
def note_entry(sender: object, request: HttpRequest, user: Account, **more: object) -> None:
    """Somebody is in, by whatever way: the journal says so, and the session knows when and from where."""
    at = timezone.now()
    by = getattr(user, "backend", "").rpartition(".")[2]
    agent = request.META.get("HTTP_USER_AGENT", "")[:200]
    request.session.update({"began_at": at.isoformat(), "seen_at": at.isoformat(), "address": _address(request), "browser": agent})
    with acting(Author(account=user.username, person=user.person_id), "sign in") as act:
        act.note("account", str(user.pk), "signed in", None, {"by": by, "from": _address(request)})


@never_cache
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """The six digits of the authenticator, or a recovery code; the first time the secret is shown, and used only once it works."""
    user = request.user
    assert user.is_authenticated
    device = TOTPDevice.objects.filter(user=user).order_by("-confirmed", "pk").first()
    if device is None:
        device = TOTPDevice.objects.create(user=user, name="authenticator", confirmed=False)
    fault = ""
    if request.method == "POST":
        token = request.POST.get("token", "").replace(" ", "").replace("\0", "").lower()
        passed = match_token(user, token) if device.confirmed else (device if device.verify_token(token) else None)
        if passed is not None:
            _second_factor_passed(user, passed)
            pass_second_factor(request, passed)
            request.session.cycle_key()
            return HttpResponseRedirect(_next(request))
        note_refusal(user.username, "second factor", _address(request))
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


def _second_factor_passed(user: Account, device: object) -> None:
    """A new authenticator counts from its first digits on; a recovery code was used up by them. Both are in the journal."""
    if isinstance(device, TOTPDevice) and device.confirmed:
        return
    with acting(Author(account=user.username, person=user.person_id), "pass the second factor") as act:
        if isinstance(device, TOTPDevice):
            TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
            device.confirmed = True
            act.note("account", str(user.pk), "second factor", None, "set up")
        else:
            act.note("account", str(user.pk), "second factor", None, "a recovery code was used")


def link_to_new_password(account: Account) -> str:
    """The address at which the account's person sets a new password, once, until ``reset_until``."""
    return reverse("new password", args=[account.pk, _LINKS.make_token(account)])


@never_cache
@require_http_methods(["GET", "POST"])
def new_password(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """A new password for whoever has the link that two people made. Nobody else ever knows it."""
    at = timezone.now()
    account = Account.objects.filter(pk=pk, is_active=True, reset_until__gt=at).first()
    if account is None or not _LINKS.check_token(account, token):
        raise Http404
    fault = ""
    if request.method == "POST":
        fault = password_fault(account, request.POST.get("password", ""), request.POST.get("again", ""))
        if not fault:
            with acting(Author(account=account.username, person=account.person_id), "set a new password"):
                account.set_password(request.POST["password"])
                account.reset_until = None
                account.save()
            forget(account_key(account.username), at)
            return HttpResponseRedirect(settings.LOGIN_URL)
    content = {"fault": fault, "account": account.username, "page": "new password"}
    return render(request, "administration/new_password.html", content, status=422 if fault else 200)


def password_fault(account: Account, password: str, again: str) -> str:
    """What is wrong with a new password; nothing: ``""``."""
    if password != again:
        return _("The two are not the same.")
    try:
        validate_password(password, account)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Out; whoever was away too long comes back to where he was."""
    where = settings.LOGIN_URL + (f"?next={quote(_next(request))}" if "next" in request.POST else "")
    logout(request)
    return HttpResponseRedirect(where)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Light or dark, kept in this browser and with the account."""
    answer, wanted = HttpResponseRedirect(_next(request)), request.POST.get("theme")
    if wanted in ("light", "dark"):
        _cookie(answer, "theme", wanted)
        _prefer(request, theme=wanted)
    return answer


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """The language, kept in this browser and with the account."""
    answer, wanted = HttpResponseRedirect(_next(request)), request.POST.get("language", "")
    if wanted in dict(settings.LANGUAGES) and check_for_language(wanted):
        _cookie(answer, settings.LANGUAGE_COOKIE_NAME, wanted)
        _prefer(request, language=wanted)
    return answer


def _prefer(request: HttpRequest, **wanted: str) -> None:
    if request.user.is_authenticated:
        Preferences.objects.update_or_create(account=request.user, defaults=wanted)


def _with_preferences(answer: HttpResponse, account: Any) -> HttpResponse:
    liked = Preferences.objects.filter(account=account).first()
    for name, value in (("theme", liked.theme), (settings.LANGUAGE_COOKIE_NAME, liked.language)) if liked else ():
        if value:
            _cookie(answer, name, value)
    return answer


def _cookie(answer: HttpResponse, name: str, value: str) -> None:
    answer.set_cookie(name, value, max_age=31_536_000, samesite="Lax", secure=settings.CHOSEN.secure)


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def health(request: HttpRequest) -> HttpResponse:
    """Whether the console and its database answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"console": "up"})


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or settings.LOGIN_REDIRECT_URL
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe and not wanted.startswith("/api/") else settings.LOGIN_REDIRECT_URL
