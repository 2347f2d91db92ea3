"""TAXII 2.1: objects taken from a collection page by page, only those added since the last time, and objects handed to one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from taxii2client.exceptions import AccessError, TAXIIServiceException
from taxii2client.v21 import Collection

from sekisho.records import RecordsError

PAGE = 100
PAGES_MAX = 100_000
BYTES_MAX = 2 << 20
"""Largest object taken in, as JSON."""

logging.getLogger("taxii2client").setLevel(logging.ERROR)


class _Token(requests.auth.AuthBase):
    """The access token in every request."""

    def __init__(self, scheme: str, token: str) -> None:
        self._header = f"{scheme} {token}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


class _Trusting(requests.adapters.HTTPAdapter):
    """Trusts the authorities named and no others: requests itself prefers those of the environment to a session's own."""

    def __init__(self, authorities: Path) -> None:
        super().__init__()
        self._authorities = str(authorities)

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:
        """Send a request, whatever REQUESTS_CA_BUNDLE says."""
        return super().send(request, *given, **{**named, "verify": self._authorities})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to reach a collection: its URL, who asks, and how both sides are known.

    ``token_scheme`` is the word before the token: ``Bearer`` (RFC 6750), or what else the server's operator says.
    """

    url: str
    user: str | None = None
    password: str | None = None
    token: str | None = None
    token_scheme: str = "Bearer"
    ca_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Objects of one page, and the latest time at which one of them was added to the collection."""

    objects: Sequence[Mapping[str, Any]]
    last_added: str | None


class Remote:
    """A collection of a TAXII 2.1 server. Every failure is one RecordsError that names the server and the remedy."""

    def __init__(self, access: Access) -> None:
        _check_url(access)
        self._access = access
        auth = _Token(access.token_scheme, access.token) if access.token else None
        cert = (
            (str(access.certificate), str(access.key))
            if access.certificate and access.key
            else access.certificate and str(access.certificate)
        )
        try:
            self._collection = Collection(access.url, user=access.user, password=access.password, auth=auth, cert=cert)
            if access.ca_file:
                self._collection._conn.session.mount("https://", _Trusting(access.ca_file))  # taxii2client hides its session
        except (ValueError, TypeError) as error:
            raise self._error(f"cannot be used: {error}", "give the URL of the collection, ending in its id and /") from None

    @property
    def title(self) -> str:
        """The collection's own title; asking for it shows whether it can be reached at all."""
        return str(self._asked(lambda: self._collection.title))

    def added_since(self, added_after: str | None, per_page: int = PAGE) -> Iterator[Page]:
        """Pages of the objects added after a moment, oldest first; an object the server lists and does not send is an error."""
        times = self._times(added_after, per_page)
        come: set[str] = set()
        position: dict[str, Any] = {"added_after": added_after} if added_after else {}
        for _ in range(PAGES_MAX):
            asked = dict(position)
            envelope = self._asked(lambda asked=asked: self._collection.get_objects(limit=per_page, **asked))
            objects = _objects(envelope)
            come.update(str(each.get("id")) for each in objects)
            stamps = [times[name] for each in objects if (name := str(each.get("id"))) in times]
            yield Page(objects, max(stamps, default=None))
            if not envelope.get("more"):
                break
            if not objects or "next" not in envelope:
                raise self._error("says there is more but not where", "tell its operator; nothing of this page was taken")
            position = {"next": envelope["next"], **({"added_after": added_after} if added_after else {})}
        missing = sorted(set(times) - come)
        if missing:
            raise self._error(f"lists {len(missing)} objects it did not send, the first {missing[0]}", "pull again")

    def hand_over(self, objects: Sequence[Mapping[str, Any]]) -> list[str]:
        """Add objects; gives the identifiers of those taken. One that is refused is an error that names it."""
        if not self._asked(lambda: self._collection.can_write):
            raise self._error("may not be written to", "ask its operator for the right to add objects")
        taken: list[str] = []
        for start in range(0, len(objects), PAGE):
            batch = list(objects[start : start + PAGE])
            status = self._asked(lambda batch=batch: self._collection.add_objects({"objects": batch}, timeout=120))
            if status.failures:
                first = status.failures[0]
                raise self._error(
                    f"refused {len(status.failures)} objects, the first {first.get('id')}: {first.get('message')}",
                    "correct it and push again; what was taken is not sent twice",
                )
            if status.status != "complete":
                raise self._error("has not finished taking the objects", "push again later; what was taken is not sent twice")
            taken += [str(each["id"]) for each in batch]
        return taken

    def _times(self, added_after: str | None, per_page: int) -> dict[str, str]:
        """When each object added since was added."""
        times: dict[str, str] = {}
        position: dict[str, Any] = {"added_after": added_after} if added_after else {}
        for _ in range(PAGES_MAX):
            asked = dict(position)
            envelope = self._asked(lambda asked=asked: self._collection.get_manifest(limit=per_page, **asked))
            rows = _objects(envelope)
            for row in rows:
                name, added = str(row.get("id")), str(row.get("date_added", ""))
                times[name] = max(added, times.get(name, added))
            if not envelope.get("more") or not rows or "next" not in envelope:
                break
            position = {"next": envelope["next"], **({"added_after": added_after} if added_after else {})}
        return times

    def _asked(self, ask: Any) -> Any:
        try:
            return ask()
        except AccessError as error:
            raise self._error(f"gives no access: {error}", "ask its operator for the right, or give another user") from None
        except requests.exceptions.HTTPError as error:
            status = error.response.status_code if error.response is not None else "?"
            remedy = "check user and password, or the token" if status in (401, 403) else "check the URL, or try again later"
            raise self._error(f"answered {status}", remedy) from None
        except requests.exceptions.RequestException as error:
            raise self._error(
                f"cannot be reached: {type(error).__name__}", "check the URL, the network and the certificates"
            ) from None
        except (TAXIIServiceException, ValueError, KeyError, TypeError) as error:
            raise self._error(f"does not answer as TAXII 2.1 does: {error}", "check that the URL is that of a collection") from None

    def _error(self, problem: str, remedy: str) -> RecordsError:
        return RecordsError(self._access.url, problem, remedy)


def _check_url(access: Access) -> None:
    parts = urlsplit(access.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RecordsError(access.url, "is not the URL of a collection", "give https://HOST/ROOT/collections/ID/")
    if parts.username or parts.password:
        raise RecordsError(parts.hostname, "is given with a password inside the URL", "give --user and --password-file")
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise RecordsError(access.url, "is not encrypted", "use https; plain http is for a server on this machine")


def _objects(envelope: Any) -> list[Mapping[str, Any]]:
    rows = envelope.get("objects", []) if isinstance(envelope, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("objects is not a list of objects")
    return rows
