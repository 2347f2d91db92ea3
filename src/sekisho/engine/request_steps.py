"""Steps taken about a request before it goes ahead: warnings shown and acknowledged, purposes given, releases by the staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sekisho.engine.requests import Account, RequestEvent, TransferRequest, View


def account_of(request: TransferRequest, view: View) -> Account | None:
    """The account of a request; None for one that is not known."""
    try:
        return view.account(request.account_id)
    except KeyError:
        return None


def approval(request: TransferRequest, view: View) -> RequestEvent | None:
    """The release of the request by somebody other than the client whose account it is; None where there is none.

    Who approves is one pair of eyes; a release is what counts, and the gate shows it only once enough people stand behind it.
    """
    events = view.events_of_request(request.transfer_id)
    if not events:
        return None
    account = account_of(request, view)
    client = None if account is None else account.party_id
    given = [event for event in events if event.kind == "released" and event.party_id != client]
    return given[-1] if given else None


def client_steps(request: TransferRequest, view: View) -> Mapping[str, Sequence[RequestEvent]]:
    """What the client did, or was shown, about the request, by kind, oldest first; a view may keep it for the next rule."""
    events = view.events_of_request(request.transfer_id)
    if not events:
        return {}
    account = account_of(request, view)
    steps: dict[str, list[RequestEvent]] = {}
    for event in events:
        if account is None or event.party_id == account.party_id:
            steps.setdefault(event.kind, []).append(event)
    return steps


def by_client(request: TransferRequest, view: View, kind: str) -> Sequence[RequestEvent]:
    """What the client did, or was shown, about the request, of one kind, oldest first."""
    return view.client_steps(request).get(kind, ())


def purpose_of(request: TransferRequest, view: View) -> str | None:
    """The purpose on the request, or the one the client gave last; None where neither has words."""
    given = [event.text for event in by_client(request, view, "purpose_given")]
    stated = [text.strip() for text in (request.purpose, *given) if text is not None and text.strip()]
    return stated[-1] if stated else None
