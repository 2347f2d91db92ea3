"""A console for trying begins with the certificate of the books' last day."""

from __future__ import annotations

from sekisho.console.custody.making import ask, books_folder, make_beside
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account
from sekisho.console.trial import Trial


def begin(trial: Trial) -> None:
    """Ask for it in the name of operations, who keep the wallets; it is made while the console begins to serve."""
    if books_folder() is None:
        return
    certificate, new = ask(Actor.of(Account.objects.get(username="suzuki"), trial.at))
    if new:
        make_beside(certificate.pk)
