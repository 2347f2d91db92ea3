"""Sign-in through an OpenID provider: for accounts that are there, by verified e-mail, with tokens made for us alone."""

from __future__ import annotations

from typing import Any

import jwt
import requests
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView

from sekisho.console.administration.entrance import note_refusal
from sekisho.console.chosen import Oidc
from sekisho.console.people.models import Account


def _chosen() -> Oidc:
    oidc: Oidc | None = settings.CHOSEN.oidc
    assert oidc is not None, "this is used where settings name a provider"
    return oidc


class Provider(OIDCAuthenticationBackend):  # type: ignore[misc] # the package has no types
    """What the provider says is believed where it is signed, meant for us, and about one open account."""

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        """The claims of a token, if its signature, issuer, audience, time and nonce are right. Raises ``SuspiciousOperation``."""
        oidc: Oidc = _chosen()
        try:
            claims: dict[str, Any] = super().verify_token(token, **kwargs)
        except jwt.InvalidTokenError as error:
            raise SuspiciousOperation(f"the provider's token does not hold: {error}") from None
        audience = claims.get("aud")
        meant_for = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != oidc.issuer or oidc.client_id not in meant_for or "exp" not in claims:
            raise SuspiciousOperation("the provider's token is not meant for this console")
        if len(meant_for) > 1 and claims.get("azp") != oidc.client_id:
            raise SuspiciousOperation("the provider's token was made for somebody else, too")
        return claims

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What the provider tells of the person, who must be the one of the token."""
        told: dict[str, Any] = super().get_userinfo(access_token, id_token, payload)
        if told.get("sub") != payload.get("sub"):
            raise SuspiciousOperation("the provider tells of somebody else than its token")
        given = {payload.get("acr"), *(payload.get("amr") or ())}
        self.second_factor = not given.isdisjoint(_chosen().second_factor_by)
        return told

    def update_user(self, user: Account, claims: dict[str, Any]) -> Account:
        """The account as it is, knowing whether the provider asked this person for a second factor."""
        user.second_factor_by_provider = self.second_factor  # type: ignore[attr-defined]
        return user

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        """Only an e-mail address the provider has verified says who somebody is."""
        return bool(claims.get("email")) and claims.get("email_verified") is True

    def filter_users_by_claims(self, claims: dict[str, Any]) -> Any:
        """The open accounts with that address; more than one lets nobody in."""
        return Account.objects.filter(email__iexact=claims["email"], is_active=True).exclude(email="")


class Callback(OIDCAuthenticationCallbackView):  # type: ignore[misc] # the package has no types
    """Where the provider sends people back to; what does not hold ends at the login, and in the journal."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """In, or back to the login."""
        try:
            answer: HttpResponse = super().get(request)
        except (SuspiciousOperation, requests.RequestException, jwt.PyJWTError, KeyError, ValueError) as error:
            note_refusal("", f"provider: {error}"[:500], request.META.get("REMOTE_ADDR", ""))
            refused: HttpResponse = self.login_failure()
            return refused
        if getattr(self, "user", None) is None:
            note_refusal("", "provider: no open account of that address", request.META.get("REMOTE_ADDR", ""))
        return answer

    def login_success(self) -> HttpResponse:
        """In. Only now the session learns of the provider's second factor: it must never count for somebody else's session."""
        answer: HttpResponse = super().login_success()
        self.request.session["second_factor_by_provider"] = self.user.second_factor_by_provider
        return answer
