"""Personal tokens: how a person's programs come in under /api/, as that person, for the acts the token names and no longer."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from sekisho.console.journal.acting import acting
from sekisho.console.journal.naming import act_title
from sekisho.console.people.actor import Actor, Denied
from sekisho.console.people.models import Token

DAYS_MAX: Final = 366
NEVER: Final = frozenset({"keep my account"})
"""What no token does: make tokens, change the password, end sessions. Whoever finds a token must not make himself at home."""
_BEGIN: Final = "sekisho"
_SEEN_EVERY: Final = timedelta(minutes=1)


def make_token(actor: Actor, name: str, acts: Collection[str], days: int) -> tuple[Token, str]:
    """A new token of the actor's account, and its secret, which is shown this once. Raises ``Denied`` for what he may not do."""
    if unfit := sorted(act for act in acts if act in NEVER or not actor.may(act)):
        raise Denied(
            _("a token cannot do what you may not, or what no token may: %(acts)s") % {"acts": ", ".join(map(act_title, unfit))}
        )
    assert 0 < days <= DAYS_MAX
    token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    token = Token(
        token_id=token_id,
        account=actor.account,
        name=name,
        acts=sorted(acts),
        digest=Token.digest_of(secret),
        made_at=actor.at,
        ends_at=actor.at + timedelta(days=days),
    )
    with acting(actor.author, "make a token"):
        token.save()
    return token, f"{_BEGIN}_{token_id}_{secret}"


def end_token(actor: Actor, token: Token) -> None:
    """The token ends now."""
    with acting(actor.author, "end a token"):
        token.ends_at = min(token.ends_at, actor.at)
        token.save()


def actor_of(given: str, at: datetime, address: str) -> tuple[Actor, str] | None:
    """Who comes in with this token, and the token's id; None for one that is unknown, over, or of a closed account."""
    begin, _one, rest = given.partition("_")
    token_id, _two, secret = rest.partition("_")
    if begin != _BEGIN or "\0" in given:
        return None
    token = Token.objects.select_related("account__person").filter(pk=token_id).first()
    if token is None or not hmac.compare_digest(token.digest, Token.digest_of(secret)):
        return None
    if token.ends_at <= at or not token.account.is_active:
        return None
    if token.used_at is None or at - token.used_at >= _SEEN_EVERY:
        # When it was last used is no change of anything: the journal leaves it out, and acts say which token did them.
        Token._base_manager.filter(pk=token.pk).update(used_at=at, used_from=address)
    return Actor.of(token.account, at, only=frozenset(token.acts)), token.token_id
