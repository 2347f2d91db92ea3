"""My account: password, recovery codes, sessions, tokens, conflicts of interest, and how I like my lists."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from django.contrib.auth import update_session_auth_hash
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from sekisho.console.administration import accounts
from sekisho.console.administration.entrance import password_fault
from sekisho.console.approvals.four_eyes import propose
from sekisho.console.desk.pages import Asked, Content, Done, Unfit, action, page
from sekisho.console.journal.acting import acting
from sekisho.console.people.models import Conflict, Preferences, Stay, Token
from sekisho.console.people.roles import matrix
from sekisho.console.people.tokens import DAYS_MAX, NEVER, end_token, make_token
from sekisho.console.people.tries import OF_ACCOUNT, account_key, forget, one_more

CODES = 10
ON_PAGE = (25, 50, 100, 200)


@page("me/", name="my account", act="keep my account", template="administration/me.html")
def me(request: Asked) -> Content:
    """What I have here."""
    actor = request.actor
    stays = Stay.objects.filter(account=actor.account, expire_date__gt=actor.at).order_by("-seen_at", "session_key")
    return {
        "heading": _("My account"),
        "account": actor.account.username,
        "person": {"id": actor.person.pk, "name": actor.person.name},
        "held": [{"role": each.role, "chapters": sorted(each.chapters)} for each in actor.held],
        "sessions": [
            {
                "key": Token.digest_of(stay.session_key)[:16],
                "began_at": stay.began_at,
                "seen_at": stay.seen_at,
                "address": stay.address,
                "browser": stay.browser,
                "this": stay.session_key == request.session.session_key,
            }
            for stay in stays
        ],
        "codes_left": StaticToken.objects.filter(device__user=actor.account).count(),
        "tokens": [
            {
                "id": token.pk,
                "name": token.name,
                "acts": token.acts,
                "made_at": token.made_at,
                "ends_at": token.ends_at,
                "used_at": token.used_at,
                "used_from": token.used_from,
                "over": token.ends_at <= actor.at,
            }
            for token in actor.account.tokens.order_by("-made_at", "pk")
        ],
        "acts": sorted(act for act in matrix() if actor.may(act) and act not in NEVER),
        "conflicts": [
            {"pk": each.pk, "party_id": each.party_id, "why": each.why, "since": each.since, "until": each.until}
            for each in actor.person.conflicts.order_by("-since", "pk")
        ],
        "on_page": actor.on_page,
        "on_page_choices": ON_PAGE,
        "days_max": DAYS_MAX,
        "once": request.session.pop("shown_once", None),
    }


class Passwords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The old password, and the new one twice."""

    old: str
    password: str
    again: str


@action("me/password/", name="change my password", act="keep my account")
def change_password(request: Asked, body: Passwords) -> Done:
    """Change the password; all other sessions end."""
    actor = request.actor
    account = actor.account
    if not one_more(actor.at, {account_key(account.username): OF_ACCOUNT}):
        raise Unfit({"old": _("Too many tries; wait ten minutes.")})
    with acting(actor.author, "change the password"):
        if not account.check_password(body.old):
            raise Unfit({"old": _("this is not your password")})
        if fault := password_fault(account, body.password, body.again):
            raise Unfit({"password": fault})
        account.set_password(body.password)
        account.save()
        accounts.sign_out_everywhere(account, but=request.session.session_key)
    forget(account_key(account.username), actor.at)
    update_session_auth_hash(request, account)
    return Done(said=_("The password is changed, and your other sessions have ended."), at=reverse("my account"))


@action("me/codes/", name="make my recovery codes", act="keep my account")
def make_codes(request: Asked) -> Done:
    """New recovery codes in place of the old ones; they are shown this once."""
    account = request.actor.account
    codes = [StaticToken.random_token() for _number in range(CODES)]
    with acting(request.actor.author, "make recovery codes") as act:
        StaticDevice.objects.filter(user=account).delete()
        device = StaticDevice.objects.create(user=account, name="recovery codes")
        StaticToken.objects.bulk_create([StaticToken(device=device, token=code) for code in codes])
        act.note("account", str(account.pk), "recovery codes", None, CODES)
    return _shown_once(request, codes, _("These are your recovery codes. Each lets you in once instead of the six digits."))


class EndSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which session; none: all others."""

    key: str = ""


@action("me/sign-out/", name="end my sessions", act="keep my account")
def end_sessions(request: Asked, body: EndSession) -> Done:
    """End one session, or all but this one."""
    account, here = request.actor.account, request.session.session_key
    with acting(request.actor.author, "end sessions") as act:
        if body.key:
            others = [stay for stay in Stay.objects.filter(account=account) if Token.digest_of(stay.session_key)[:16] == body.key]
            ended = sum(stay.delete()[0] for stay in others)
        else:
            ended = accounts.sign_out_everywhere(account, but=here)
        act.note("account", str(account.pk), "sessions", ended, 0)
    said = ngettext("%(n)s session has ended.", "%(n)s sessions have ended.", ended) % {"n": ended}
    return Done(said=said, at=reverse("my account"))


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token: what for, for which acts, for how many days."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    acts: Annotated[list[str], msgspec.Meta(min_length=1)]
    days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX)] = 90


@action("me/tokens/make/", name="make my token", act="keep my account")
def new_token(request: Asked, body: NewToken) -> Done:
    """Make a token; its secret is shown this once."""
    _token, secret = make_token(request.actor, body.name, body.acts, body.days)
    return _shown_once(request, [secret], _("This is the token. It is not shown again."))


@action("me/tokens/<str:token_id>/end/", name="end my token", act="keep my account")
def end_my_token(request: Asked, token_id: str) -> Done:
    """End a token."""
    token = request.actor.account.tokens.filter(pk=token_id).first()
    if token is None:
        raise Http404
    end_token(request.actor, token)
    return Done(said=_("The token has ended."), at=reverse("my account"))


def _shown_once(request: Asked, lines: list[str], said: str) -> Done:
    """On the page by way of the session, which the page takes it out of; in JSON as the answer itself."""
    if not request.path.startswith("/api/"):
        request.session["shown_once"] = {"said": said, "lines": lines}
    return Done(said=said, at=reverse("my account"), content={"once": lines})


class NewConflict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A party I have an interest in."""

    party_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    why: Annotated[str, msgspec.Meta(min_length=1)]
    since: date | None = None


@action("me/conflicts/declare/", name="declare my conflict", act="declare a conflict")
def declare(request: Asked, body: NewConflict) -> Done:
    """Declare a conflict of interest; it holds at once."""
    actor = request.actor
    since = body.since or timezone.localdate(actor.at)
    with acting(actor.author, "declare a conflict", reason=body.why):
        Conflict(person=actor.person, party_id=body.party_id, why=body.why, since=since).save()
    return Done(said=_("Declared: from now on you neither see nor work on what concerns this party."), at=_here(request))


class EndConflict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when the interest is over."""

    until: date
    reason_code: str
    reason: str = ""


@action("me/conflicts/<int:pk>/end/", name="end my conflict", act="declare a conflict")
def end_conflict(request: Asked, body: EndConflict, pk: int) -> Done:
    """Propose that it is over; a second person decides."""
    conflict = request.actor.person.conflicts.filter(pk=pk).first()
    if conflict is None:
        raise Http404
    done = propose(
        request.actor,
        "end a conflict",
        ("conflict", str(pk)),
        reason_code=body.reason_code,
        reason=body.reason,
        payload={"party_id": conflict.party_id, "until": body.until.isoformat()},
    )
    return Done(said=_("Proposed: a second person decides."), at=_here(request), content={"proposal": done.pk})


def _here(request: Asked) -> str:
    return reverse("my account") if request.actor.may("keep my account") else "/"


class Liked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many rows of a list at once."""

    on_page: int


@action("me/preferences/", name="keep my preferences", act="keep my account")
def keep_preferences(request: Asked, body: Liked) -> Done:
    """Keep how I like my lists."""
    if body.on_page not in ON_PAGE:
        raise Unfit({"on_page": _("choose one of %(choices)s") % {"choices": ", ".join(map(str, ON_PAGE))}})
    Preferences.objects.update_or_create(account=request.actor.account, defaults={"on_page": body.on_page})
    return Done(said=_("Kept."), at=reverse("my account"))
