"""Sign-in through an OpenID provider: who has an account here comes in, and nothing that is forged, stale or meant for others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import clear_url_caches, include, path

from console.administration.provider import Provider, running
from sekisho.console import urls
from sekisho.console.administration.first_people import Newcomer, let_in
from sekisho.console.chosen import Oidc
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.journal.models import Change
from sekisho.console.people.models import Account

PASSWORD = "correct horse battery"


@pytest.fixture
def provider(people: dict[str, str], settings: Any) -> Iterator[Provider]:
    """A console that knows a provider, as settings.py makes it of the settings file; one account has its e-mail."""
    let_in(
        [
            Newcomer(
                person_id="PERSON-OIDC", name="O", account="oidc", password=PASSWORD, roles=("audit",), email="audit@example.com"
            )
        ]
    )
    with running() as started:
        at = started.issuer
        oidc = Oidc(
            issuer=at,
            client_id="sekisho",
            client_secret_file=Path("secret"),
            authorization_endpoint=f"{at}/authorize",
            token_endpoint=f"{at}/token",
            user_endpoint=f"{at}/user",
            jwks_endpoint=f"{at}/jwks",
        )
        settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, oidc=oidc, second_factor=True)
        settings.AUTHENTICATION_BACKENDS = [
            "django.contrib.auth.backends.ModelBackend",
            "sekisho.console.administration.provider.Provider",
        ]
        from sekisho.console.settings import oidc_settings

        for name, value in oidc_settings(oidc, "hush").items():
            setattr(settings, name, value)
        urls.urlpatterns.append(path("oidc/", include("mozilla_django_oidc.urls")))
        clear_url_caches()
        yield started
        urls.urlpatterns.pop()
        clear_url_caches()


def come_in(provider: Provider, client: Client | None = None) -> Client:
    """The whole way: to the provider, and back with its code."""
    client = client or Client()
    sent = client.get("/oidc/authenticate/", {"next": "/journal/"})
    code, state = provider.authorize(parse_qs(urlsplit(sent["Location"]).query))
    client.answered = client.get("/oidc/callback/", {"code": code, "state": state})  # type: ignore[attr-defined]
    return client


def is_in(client: Client) -> bool:
    return client.get("/journal/").status_code == 200


def test_an_account_with_the_verified_address_comes_in_with_the_providers_second_factor(provider: Provider) -> None:
    provider.claims = {"amr": ["pwd", "mfa"]}
    client = come_in(provider)
    assert client.answered["Location"] == "/journal/"  # type: ignore[attr-defined]
    assert is_in(client)
    line = Change.objects.filter(act="sign in").get()
    assert (line.account, line.new["by"]) == ("oidc", "Provider")


@pytest.mark.parametrize("claims", [{}, {"amr": ["pwd"]}, {"acr": "0"}])
def test_without_the_providers_second_factor_ours_is_asked(claims: dict[str, Any], provider: Provider) -> None:
    provider.claims = claims
    client = come_in(provider)
    assert client.get("/journal/")["Location"].startswith("/second-factor/")


WRONG: dict[str, dict[str, Any]] = {
    "for somebody else": {"claims": {"aud": "another"}},
    "for several and made for another": {"claims": {"aud": ["sekisho", "another"], "azp": "another"}},
    "by another issuer": {"claims": {"iss": "https://evil.example"}},
    "over": {"claims": {"exp": int(time.time()) - 3600}},
    "without an end": {"claims": {"exp": None}},
    "with another nonce": {"claims": {"nonce": "replayed"}},
    "signed by another key": {"signed_by": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
    "not signed": {"algorithm": "none"},
    "signed with the shared secret": {"algorithm": "HS256"},
    "telling of another person": {"person": {"sub": "2", "email": "audit@example.com", "email_verified": True}},
    "with an address not verified": {"person": {"sub": "1", "email": "audit@example.com", "email_verified": False}},
    "with an address that says it is verified in words": {
        "person": {"sub": "1", "email": "audit@example.com", "email_verified": "no"}
    },
    "without an address": {"person": {"sub": "1"}},
    "with an empty address": {"person": {"sub": "1", "email": "", "email_verified": True}},
    "with an address nobody has": {"person": {"sub": "1", "email": "x@example.com", "email_verified": True}},
    "from a provider that is down": {"down": True},
}


@pytest.mark.parametrize("how", WRONG)
def test_nothing_else_lets_anybody_in(how: str, provider: Provider) -> None:
    accounts = Account.objects.count()
    for name, value in WRONG[how].items():
        if name != "down":
            setattr(provider, name, value)
    client = Client()
    sent = client.get("/oidc/authenticate/")
    code, state = provider.authorize(parse_qs(urlsplit(sent["Location"]).query))
    provider.down = "down" in WRONG[how]
    answer = client.get("/oidc/callback/", {"code": code, "state": state})
    assert answer["Location"] == "/login/?refused=yes"
    assert client.get("/journal/").status_code == 302
    assert Account.objects.count() == accounts
    assert Change.objects.filter(act="refuse a sign-in").count() == 1
    assert "does not let you in" in client.get("/login/?refused=yes").content.decode()


def test_a_callback_of_somebody_elses_way_opens_nothing(provider: Provider) -> None:
    begun = Client()
    sent = begun.get("/oidc/authenticate/")
    code, state = provider.authorize(parse_qs(urlsplit(sent["Location"]).query))
    for query in ({"code": code, "state": "guessed"}, {"code": code}, {"code": code, "state": state}):
        other = Client()
        other.get("/oidc/callback/", query)
        assert not is_in(other)


def test_a_code_is_good_once(provider: Provider) -> None:
    provider.claims = {"amr": ["mfa"]}
    client = Client()
    sent = client.get("/oidc/authenticate/")
    code, state = provider.authorize(parse_qs(urlsplit(sent["Location"]).query))
    client.get("/oidc/callback/", {"code": code, "state": state})
    assert is_in(client)
    client.post("/logout/")
    client.get("/oidc/callback/", {"code": code, "state": state})
    assert not is_in(client)


def test_a_closed_account_and_two_of_one_address_stay_outside(provider: Provider) -> None:
    provider.claims = {"amr": ["mfa"]}
    account = Account.objects.get(username="oidc")
    with acting(SYSTEM, "close"):
        account.is_active = False
        account.save()
    assert not is_in(come_in(provider))
    for name in ("o2", "o3"):
        let_in([Newcomer(person_id="P-2", name="O", account=name, password="x", roles=("audit",), email="AUDIT@example.com")])
    assert not is_in(come_in(provider))


def test_a_second_factor_given_elsewhere_does_not_count_for_another_session(provider: Provider) -> None:
    client = Client()
    client.post("/login/", {"username": "audit", "password": PASSWORD})
    provider.claims = {"amr": ["mfa"]}
    provider.person = {"sub": "1", "email": "nobody@example.com", "email_verified": True}
    come_in(provider, client)
    assert not is_in(client), "his own provider's second factor opens nothing for the password he stole"


def test_nobody_is_sent_elsewhere_after_it(provider: Provider) -> None:
    provider.claims = {"amr": ["mfa"]}
    client = Client()
    sent = client.get("/oidc/authenticate/", {"next": "https://evil.example/"})
    code, state = provider.authorize(parse_qs(urlsplit(sent["Location"]).query))
    assert client.get("/oidc/callback/", {"code": code, "state": state})["Location"] == "/"
