"""Persons, accounts and roles: what one administrator does alone, and what takes a second person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp import devices_for_user

from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import NotTwoPeople, acting
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Account, Conflict, Grant, Person, Stay
from sekisho.console.people.roles import LINES, ROLES, Role
from sekisho.rulebook import load_rulebook

RESET_DAYS: Final = 3
WHY: Final = (
    ("joins", gettext_lazy("Somebody joins or takes a new task")),
    ("leaves", gettext_lazy("Somebody leaves or gives a task up")),
    ("lost", gettext_lazy("A password or device was lost")),
    ("suspicion", gettext_lazy("Somebody else may know it")),
    ("correction", gettext_lazy("What is written here is wrong")),
    ("authority", gettext_lazy("An authority or auditor is to be let see")),
)


def _effect_of_grant(proposal: Proposal, actor: Actor) -> None:
    account = Account.objects.select_related("person").get(pk=proposal.about_id)
    _not_himself(account.person_id, actor)
    role, chapters, ends_on = proposal.payload["role"], proposal.payload["chapters"], proposal.payload.get("ends_on")
    _one_line(account.person, role, actor.at)
    ends_at = timezone.make_aware(datetime.combine(date.fromisoformat(ends_on), time())) if ends_on else None
    Grant(account=account, role=role, chapters=chapters, given_at=actor.at, ends_at=ends_at).save()


def _effect_of_opening(proposal: Proposal, actor: Actor) -> None:
    """The account, with its person if that is new; a password is set by the person alone, with the link."""
    wanted = proposal.payload
    _not_himself(wanted["person_id"], actor)
    person = Person.objects.filter(pk=wanted["person_id"]).first()
    if person is None:
        names = ("person_id", "name", "name_ja", "unit", "party_id")
        person = Person(**{name: wanted.get(name, "") for name in names}, head_id=wanted.get("head") or None)
        person.save()
    if Account.objects.filter(username=wanted["username"]).exists():
        raise Unfit({"username": _("there is an account of that name")})
    account = Account(username=wanted["username"], person=person, email=wanted.get("email", ""))
    account.set_unusable_password()
    account.reset_until = actor.at + timedelta(days=RESET_DAYS)
    account.save()


def _effect_of_opening_again(proposal: Proposal, actor: Actor) -> None:
    account = Account.objects.get(pk=proposal.about_id)
    _not_himself(account.person_id, actor)
    account.is_active = True
    account.save()


def _effect_of_reset(proposal: Proposal, actor: Actor) -> None:
    account = Account.objects.get(pk=proposal.about_id)
    _not_himself(account.person_id, actor)
    account.reset_until = actor.at + timedelta(days=RESET_DAYS)
    account.save()
    sign_out_everywhere(account)


def _effect_of_second_factor(proposal: Proposal, actor: Actor) -> None:
    account = Account.objects.get(pk=proposal.about_id)
    _not_himself(account.person_id, actor)
    for device in devices_for_user(account, confirmed=None):
        device.delete()
    with acting(actor.author, "reset a second factor") as act:
        act.note("account", str(account.pk), "second factor", "set up", None)
    sign_out_everywhere(account)


def _effect_of_change(proposal: Proposal, actor: Actor) -> None:
    person = Person.objects.get(pk=proposal.about_id)
    _not_himself(person.pk, actor)
    for name, value in proposal.payload.items():
        setattr(person, {"head": "head_id"}.get(name, name), value or ("" if name != "head" else None))
    if any(above.head_id == person.pk for above in (person, *person.heads())):
        raise Unfit({"head": _("nobody is above himself")})
    person.save()


def _effect_of_ending(proposal: Proposal, actor: Actor) -> None:
    conflict = Conflict.objects.get(pk=proposal.about_id)
    _not_himself(conflict.person_id, actor)
    conflict.until = date.fromisoformat(proposal.payload["until"])
    conflict.save()


def _at_account(proposal: Proposal) -> str:
    return reverse("account", args=[proposal.about_id])


for _kind, _title, _effect, _at in (
    ("grant a role", gettext_lazy("Grant a role"), _effect_of_grant, _at_account),
    ("open an account", gettext_lazy("Open an account"), _effect_of_opening, lambda _proposal: reverse("accounts")),
    ("open an account again", gettext_lazy("Open a closed account again"), _effect_of_opening_again, _at_account),
    ("reset a password", gettext_lazy("Let somebody set a new password"), _effect_of_reset, _at_account),
    ("reset a second factor", gettext_lazy("Reset a second factor"), _effect_of_second_factor, _at_account),
    (
        "change a person",
        gettext_lazy("Change a person"),
        _effect_of_change,
        lambda proposal: reverse("person", args=[proposal.about_id]),
    ),
):
    takes_two(
        Takes(kind=_kind, title=_title, propose="keep accounts", approve="approve a role", reasons=WHY, effect=_effect, at=_at)
    )
takes_two(
    Takes(
        kind="end a conflict",
        title=gettext_lazy("End a conflict of interest"),
        propose="declare a conflict",
        approve="approve a role",
        reasons=(("over", gettext_lazy("The interest is over")), ("correction", gettext_lazy("What is written here is wrong"))),
        effect=_effect_of_ending,
        at=lambda _proposal: reverse("conflicts"),
    )
)


def _not_himself(person_id: str, actor: Actor) -> None:
    if person_id == actor.person.pk:
        raise NotTwoPeople(_("It is about you: another person has to decide."))


def _one_line(person: Person, role: str, at: datetime) -> None:
    """Nobody holds roles of two lines, through whatever accounts."""
    held = set(
        Grant.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), account__person=person, account__is_active=True).values_list(
            "role", flat=True
        )
    )
    line = next(line for line in LINES if role in line)
    if apart := sorted(held - line):
        raise Unfit(
            {
                "role": _("%(person)s holds %(roles)s: roles of two lines do not go together.")
                % {"person": person, "roles": ", ".join(apart)}
            }
        )


def about_somebody_else(actor: Actor, person: Person) -> None:
    """Raises ``Denied`` where somebody would do it for himself, by whatever account."""
    if person == actor.person:
        raise Denied(_("Not for yourself, by this or another account: ask another administrator."))


def propose_role(
    actor: Actor, account: Account, role: Role, chapters: Collection[str], ends_on: date | None, why: tuple[str, str]
) -> Proposal:
    """Propose a role for somebody else's account."""
    about_somebody_else(actor, account.person)
    if role not in ROLES:
        raise Unfit({"role": _("choose one of the roles")})
    if unknown := sorted(set(chapters) - set(chapters_of_rules())):
        raise Unfit({"chapters": _("there is no chapter %(names)s") % {"names": ", ".join(unknown)}})
    if not account.is_active:
        raise Unfit({"account": _("this account is closed")})
    if ends_on is not None and ends_on <= timezone.localdate(actor.at):
        raise Unfit({"ends_on": _("this day is over")})
    _one_line(account.person, role, actor.at)
    payload = {"role": role, "chapters": sorted(chapters), "ends_on": ends_on.isoformat() if ends_on else None}
    return _propose(actor, "grant a role", account, payload, why)


def propose_for(actor: Actor, kind: str, account: Account, why: tuple[str, str]) -> Proposal:
    """Propose a reset, or to open a closed account again, for somebody else."""
    about_somebody_else(actor, account.person)
    if (kind == "open an account again") == account.is_active:
        raise Unfit({"account": _("this account is open") if account.is_active else _("this account is closed")})
    return _propose(actor, kind, account, {"account": account.username}, why)


def _propose(actor: Actor, kind: str, account: Account, payload: dict[str, Any], why: tuple[str, str]) -> Proposal:
    parties = [account.person.party_id] if account.person.party_id else []
    return propose(actor, kind, ("account", str(account.pk)), reason_code=why[0], reason=why[1], parties=parties, payload=payload)


def close(actor: Actor, account: Account, why: str) -> None:
    """Close an account at once: its sessions and tokens end with it. One person is enough, because nobody gains by it."""
    about_somebody_else(actor, account.person)
    with acting(actor.author, "close an account", reason=why):
        account.is_active = False
        account.save()
        for token in account.tokens.filter(ends_at__gt=actor.at):
            token.ends_at = actor.at
            token.save()
        sign_out_everywhere(account)


def end_role(actor: Actor, grant: Grant, why: str) -> None:
    """End a role now."""
    about_somebody_else(actor, grant.account.person)
    with acting(actor.author, "end a role", reason=why):
        grant.ends_at = actor.at
        grant.save()


def signed_out(actor: Actor, account: Account) -> int:
    """End every session of somebody else's account; how many there were."""
    with acting(actor.author, "end sessions") as act:
        ended = sign_out_everywhere(account)
        act.note("account", str(account.pk), "sessions", ended, 0)
    return ended


def sign_out_everywhere(account: Account, but: str | None = None) -> int:
    """End every session of an account, ``but`` one; how many there were."""
    ended, _kinds = Stay.objects.filter(account=account).exclude(session_key=but or "").delete()
    return ended


@cache
def chapters_of_rules() -> list[str]:
    """The chapters a role may be limited to: those of the rules."""
    return sorted({rule.chapter for rule in load_rulebook().rules.values()})
