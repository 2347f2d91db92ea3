"""Pages of persons, accounts, roles, the organisation chart and conflicts of interest."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from sekisho.console.administration import accounts
from sekisho.console.administration.entrance import link_to_new_password
from sekisho.console.approvals.four_eyes import propose
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, Done, Unfit, action, page
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.models import Account, Conflict, Grant, Person, Stay
from sekisho.console.people.naming import names_of
from sekisho.console.people.role_words import ROLE_WORDS
from sekisho.console.people.roles import ROLES, Role, matrix


def _said(grant: Grant) -> str:
    """A role in words, with the chapters it is limited to."""
    limits = ", ".join(map(chapter_title, grant.chapters))
    return str(ROLE_WORDS[grant.role]) + (f" ({limits})" if limits else "")


def _show(account: Account, request: Asked) -> dict[str, Any]:
    held = Grant.held(account, request.actor.at).order_by("role", "pk")
    return {
        "account": account.username,
        "at": reverse("account", args=[account.pk]),
        "person": account.person.name,
        "person_words": names_of(request).get(account.person_id),
        "person_at": reverse("person", args=[account.person_id]),
        "unit": account.person.unit,
        "roles": ", ".join(str(grant.role) + (f" ({', '.join(grant.chapters)})" if grant.chapters else "") for grant in held),
        "roles_words": ", ".join(_said(grant) for grant in held),
        "state": _("open") if account.is_active else pgettext("administration", "closed"),
    }


ACCOUNTS = Listing(
    name="accounts",
    columns=(
        Column(key="account", title=gettext_lazy("Account"), sort="username", at="at"),
        Column(key="person", title=gettext_lazy("Person"), sort="person__name", at="person_at"),
        Column(key="unit", title=gettext_lazy("Unit"), sort="person__unit"),
        Column(key="roles", title=gettext_lazy("Roles")),
        Column(key="state", title=gettext_lazy("State"), kind="chip", sort="is_active"),
    ),
    rows=lambda _request: Account.objects.select_related("person"),
    show=_show,
    sort=("username", "pk"),
    filters=(
        Filter(
            name="role",
            title=gettext_lazy("Role"),
            keeps=lambda rows, value, request: rows.filter(pk__in=_holders(value, request)),
            values=list(ROLE_WORDS.items()),
        ),
        Filter(
            name="state",
            title=gettext_lazy("State"),
            keeps=lambda rows, value, _request: rows.filter(is_active=value == "open"),
            values=[("open", gettext_lazy("open")), ("closed", pgettext_lazy("administration", "closed"))],
        ),
    ),
    searches=("username__icontains", "person__name__icontains", "person__name_ja__icontains", "person__person_id__icontains"),
)


def _holders(role: str, request: Asked) -> list[int]:
    at = request.actor.at
    grants = Grant.objects.filter(role=role, given_at__lte=at)
    return [grant.account_id for grant in grants if grant.ends_at is None or grant.ends_at > at]


@page(
    "accounts/",
    name="accounts",
    act="read accounts",
    template="administration/accounts.html",
    menu=gettext_lazy("People and accounts"),
    order=910,
)
def all_accounts(request: Asked) -> Content | HttpResponseBase:
    """Who has a way in, and what he may do."""
    return ACCOUNTS.content(
        request,
        heading=_("People and accounts"),
        lead=_("A person may have several accounts, and they never count as two people. Accounts are closed, never removed."),
        may_keep=request.actor.may("keep accounts"),
        reasons=list(accounts.WHY),
    )


def _account(pk: int) -> Account:
    found: Account | None = Account.objects.select_related("person").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@page("accounts/<int:pk>/", name="account", act="read accounts", template="administration/account.html")
def one_account(request: Asked, pk: int) -> Content:
    """One account: roles, sessions, and what may be done about it."""
    account = _account(pk)
    keeps = request.actor.may("keep accounts") and account.person != request.actor.person
    resets = account.reset_until is not None and account.reset_until > request.actor.at
    return {
        "section": "accounts",
        "account": {"pk": account.pk, "username": account.username, "email": account.email, "open": account.is_active},
        "person": {"id": account.person_id, "name": account.person.name, "unit": account.person.unit},
        "grants": [
            {
                "pk": grant.pk,
                "role": grant.role,
                "chapters": grant.chapters,
                "given_at": grant.given_at,
                "ends_at": grant.ends_at,
                "over": grant.ends_at is not None and grant.ends_at <= request.actor.at,
            }
            for grant in account.grants.order_by("-given_at", "pk")
        ],
        "sessions": Stay.objects.filter(account=account, expire_date__gt=request.actor.at).count(),
        "tokens": account.tokens.filter(ends_at__gt=request.actor.at).count(),
        "may_keep": keeps,
        "link": request.build_absolute_uri(link_to_new_password(account)) if keeps and resets and account.is_active else None,
        "link_until": account.reset_until if resets else None,
        "roles": list(ROLES),
        "chapters": accounts.chapters_of_rules(),
        "reasons": list(accounts.WHY),
    }


class NewAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account, and the person if he is new."""

    username: str
    person_id: str
    reason_code: str
    name: str = ""
    name_ja: str = ""
    unit: str = ""
    party_id: str = ""
    head: str = ""
    email: str = ""
    reason: str = ""


@action("accounts/open/", name="open account", act="keep accounts")
def open_account(request: Asked, body: NewAccount) -> Done:
    """Propose a new account."""
    person = Person.objects.filter(pk=body.person_id).first()
    if person is None and not body.name.strip():
        raise Unfit({"name": _("this person is new: say the name")})
    if body.person_id == request.actor.person.pk:
        accounts.about_somebody_else(request.actor, request.actor.person)
    if not body.username.strip() or len(body.username) > 150 or Account.objects.filter(username=body.username).exists():
        raise Unfit({"username": _("choose another name for the account")})
    if body.head and not Person.objects.filter(pk=body.head).exists():
        raise Unfit({"head": _("there is no such person")})
    payload = {name: value for name, value in msgspec.structs.asdict(body).items() if name not in ("reason_code", "reason")}
    done = propose(
        request.actor,
        "open an account",
        ("account", body.username),
        reason_code=body.reason_code,
        reason=body.reason,
        payload=payload,
    )
    return _proposed(done.pk)


class NewRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role, for some chapters or all, until a day or without end."""

    role: Role
    reason_code: str
    chapters: list[str] = []
    ends_on: date | None = None
    reason: str = ""


@action("accounts/<int:pk>/role/", name="grant role", act="grant a role")
def grant_role(request: Asked, body: NewRole, pk: int) -> Done:
    """Propose a role for somebody else."""
    why = (body.reason_code, body.reason)
    return _proposed(accounts.propose_role(request.actor, _account(pk), body.role, body.chapters, body.ends_on, why).pk)


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason of the set, and words."""

    reason_code: str
    reason: str = ""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, in words."""

    reason: str


@action("accounts/<int:pk>/reset-password/", name="reset password", act="keep accounts")
def reset_password(request: Asked, body: Why, pk: int) -> Done:
    """Propose that the person sets a new password."""
    return _proposed(accounts.propose_for(request.actor, "reset a password", _account(pk), (body.reason_code, body.reason)).pk)


@action("accounts/<int:pk>/reset-second-factor/", name="reset second factor", act="keep accounts")
def reset_second_factor(request: Asked, body: Why, pk: int) -> Done:
    """Propose that the person sets up a new authenticator."""
    return _proposed(accounts.propose_for(request.actor, "reset a second factor", _account(pk), (body.reason_code, body.reason)).pk)


@action("accounts/<int:pk>/open-again/", name="open account again", act="keep accounts")
def open_again(request: Asked, body: Why, pk: int) -> Done:
    """Propose to open a closed account again."""
    return _proposed(accounts.propose_for(request.actor, "open an account again", _account(pk), (body.reason_code, body.reason)).pk)


@action("accounts/<int:pk>/close/", name="close account", act="keep accounts")
def close_account(request: Asked, body: Words, pk: int) -> Done:
    """Close it at once."""
    accounts.close(request.actor, _account(pk), body.reason)
    return Done(said=_("Closed; its sessions and tokens have ended."), at=reverse("account", args=[pk]))


@action("accounts/<int:pk>/sign-out/", name="sign out account", act="keep accounts")
def sign_out(request: Asked, pk: int) -> Done:
    """End all its sessions."""
    account = _account(pk)
    accounts.about_somebody_else(request.actor, account.person)
    ended = accounts.signed_out(request.actor, account)
    said = ngettext("%(n)s session has ended.", "%(n)s sessions have ended.", ended) % {"n": ended}
    return Done(said=said, at=reverse("account", args=[pk]))


@action("grants/<int:pk>/end/", name="end role", act="keep accounts")
def end_role(request: Asked, body: Words, pk: int) -> Done:
    """End a role now."""
    grant = Grant.objects.select_related("account__person").filter(pk=pk).first()
    if grant is None:
        raise Http404
    accounts.end_role(request.actor, grant, body.reason)
    return Done(said=_("The role has ended."), at=reverse("account", args=[grant.account_id]))


def _proposed(pk: int) -> Done:
    return Done(said=_("Proposed: a second person decides."), at=reverse("proposal", args=[pk]), content={"proposal": pk})


@page("persons/<str:person_id>/", name="person", act="read accounts", template="administration/person.html")
def person(request: Asked, person_id: str) -> Content:
    """One person: whom he reports to, his accounts, what he is kept out of."""
    found = Person.objects.select_related("head").filter(pk=person_id).first()
    if found is None:
        raise Http404
    return {
        "section": "accounts",
        "person": {
            "id": found.pk,
            "name": found.name,
            "name_ja": found.name_ja,
            "unit": found.unit,
            "party_id": found.party_id,
            "head": found.head_id,
        },
        "heads": [{"id": each.pk, "name": each.name} for each in found.heads()],
        "reports": [{"id": each.pk, "name": each.name, "unit": each.unit} for each in found.reports.order_by("name")],
        "accounts": [{"pk": each.pk, "username": each.username, "open": each.is_active} for each in found.accounts.order_by("pk")],
        "conflicts": [
            {"party_id": each.party_id, "why": each.why, "since": each.since, "until": each.until}
            for each in (found.conflicts.order_by("pk") if request.actor.may("read conflicts") else ())
        ],
        "may_keep": request.actor.may("keep accounts") and found != request.actor.person,
        "persons": [{"id": each.pk, "name": each.name} for each in Person.objects.order_by("name")],
        "reasons": list(accounts.WHY),
    }


class ChangedPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person as he should stand in the console."""

    name: str
    reason_code: str
    name_ja: str = ""
    unit: str = ""
    party_id: str = ""
    head: str = ""
    reason: str = ""


@action("persons/<str:person_id>/change/", name="change person", act="keep accounts")
def change_person(request: Asked, body: ChangedPerson, person_id: str) -> Done:
    """Propose to change a person."""
    found = Person.objects.filter(pk=person_id).first()
    if found is None:
        raise Http404
    accounts.about_somebody_else(request.actor, found)
    if body.head and not Person.objects.filter(pk=body.head).exists():
        raise Unfit({"head": _("there is no such person")})
    wanted = {name: value for name, value in msgspec.structs.asdict(body).items() if name not in ("reason_code", "reason")}
    done = propose(
        request.actor,
        "change a person",
        ("person", person_id),
        reason_code=body.reason_code,
        reason=body.reason,
        payload=wanted,
    )
    return _proposed(done.pk)


@page(
    "organisation/",
    name="organisation",
    act="read accounts",
    template="administration/organisation.html",
    menu=gettext_lazy("Organisation"),
    order=911,
)
def organisation(request: Asked) -> Content:
    """Who reports to whom: what independence is judged by."""
    people = list(Person.objects.order_by("name"))
    under: dict[str | None, list[Person]] = {}
    for each in people:
        under.setdefault(each.head_id, []).append(each)

    def branch(of: str | None, above: frozenset[str]) -> list[dict[str, Any]]:
        return [
            {"id": each.pk, "name": each.name, "unit": each.unit, "under": branch(each.pk, above | {each.pk})}
            for each in under.get(of, ())
            if each.pk not in above
        ]

    return {"heading": _("Organisation"), "tree": branch(None, frozenset())}


CONFLICTS = Listing(
    name="conflicts",
    columns=(
        Column(key="person", title=gettext_lazy("Person"), sort="person_id", at="at"),
        Column(key="party", title=gettext_lazy("Keeps out of"), kind="code", sort="party_id"),
        Column(key="why", title=gettext_lazy("Why")),
        Column(key="since", title=gettext_lazy("Since"), kind="day", sort="since"),
        Column(key="until", title=gettext_lazy("Until"), kind="day", sort="until"),
    ),
    rows=lambda request: _conflicts(request),
    show=lambda row, _request: {
        "person": row.person.name,
        "at": reverse("person", args=[row.person_id]),
        "party": row.party_id,
        "why": row.why,
        "since": row.since,
        "until": row.until,
    },
    sort=("-since", "-pk"),
    searches=("person__name__icontains", "party_id__icontains"),
)


def _conflicts(request: Asked) -> QuerySet[Any]:
    return Conflict.objects.select_related("person")


@page(
    "conflicts/",
    name="conflicts",
    act="read conflicts",
    template="desk/list_page.html",
    menu=gettext_lazy("Conflicts of interest"),
    order=912,
)
def conflicts(request: Asked) -> Content | HttpResponseBase:
    """Who is kept out of what."""
    return CONFLICTS.content(
        request,
        heading=_("Conflicts of interest"),
        lead=_("Nobody sees or works on what concerns these parties, or himself. Everybody declares his own under 'My account'."),
    )


@page(
    "access/",
    name="access",
    act="read accounts",
    template="administration/matrix.html",
    menu=gettext_lazy("Who may do what"),
    order=913,
)
def access(request: Asked) -> Content:
    """Every act, and the roles that may do it."""
    acts = [{"act": act, "roles": [role in roles for role in ROLES]} for act, roles in sorted(matrix().items())]
    return {"heading": _("Who may do what"), "roles": list(ROLES), "acts": acts}
