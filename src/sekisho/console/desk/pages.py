"""Pages and acts: one function gives a page's content, shown as HTML to people and as JSON (under /api/) to programs.

An act takes a form or the same fields as JSON; both go the same way, so neither lets anybody do what the other would not.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, Final, TypeVar, get_type_hints

import msgspec
from django.contrib import messages
from django.db import OperationalError, models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sekisho.console.desk.words_of_faults import fault
from sekisho.console.desk.words_of_forms import form_title
from sekisho.console.journal.acting import ASKED, ChangedMeanwhile, NotTwoPeople, OfficeError
from sekisho.console.people.actor import Actor, Denied

Content = dict[str, Any]


class Asked(HttpRequest):
    """A request of somebody who is signed in."""

    actor: Actor
    htmx: Any


class Unfit(OfficeError):  # noqa: N818 - says what happened, as GateDown does
    """What was asked cannot be done as it is: field names and what to do about each (``""``: about the whole)."""

    def __init__(self, faults: Mapping[str, str] | str) -> None:
        self.faults: Mapping[str, str] = {"": faults} if isinstance(faults, str) else faults
        super().__init__("; ".join(f"{name}: {fault}" if name else fault for name, fault in self.faults.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an act answers: what was done, in words, where to go on, what JSON tells beside it, and whether it went well."""

    said: str
    at: str
    content: Content | None = None
    well: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page or an act, as the list of all of them has it: where it is, what one must be allowed, whether it changes things."""

    name: str
    path: str
    act: str
    changes: bool
    view: Callable[..., HttpResponseBase]
    menu: str | Promise | None = None
    order: int = 100


ENTRIES: Final[dict[str, Entry]] = {}
"""Every page and act by its name; filled as the areas are read."""


def page(
    path: str, *, name: str, act: str, template: str, menu: str | Promise | None = None, order: int = 100
) -> Callable[[Callable[..., Content | HttpResponseBase]], Callable[..., Content | HttpResponseBase]]:
    """A page at ``path`` (Django's, without the first slash), for those who may do ``act``; the function gives its content.

    With ``menu`` it stands in the navigation, in this order. It may answer with a whole response instead (a file).
    """

    def declare(content_of: Callable[..., Content | HttpResponseBase]) -> Callable[..., Content | HttpResponseBase]:
        def view(request: Asked, *, as_json: bool = False, **ids: Any) -> HttpResponseBase:
            request.actor.need(act)
            content = content_of(request, **ids)
            if isinstance(content, HttpResponseBase):
                return content
            if as_json:
                return json_of(content)
            return render(request, template, {"page": name, **content})

        _declare(Entry(name=name, path=path, act=act, changes=False, view=_answering(view, "GET", "HEAD"), menu=menu, order=order))
        return content_of

    return declare


Answer = TypeVar("Answer", bound="Done | HttpResponseBase")


def action(path: str, *, name: str, act: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """An act at ``path``, for those who may do ``act``. Its function takes the request, a ``body`` and the path's ids.

    ``body`` is the ``msgspec.Struct`` its annotation names: made of the form's fields, or of the JSON sent to the twin.
    It may answer with a whole response instead of ``Done`` (a file that is handed out by the act).
    """

    def declare(do: Callable[..., Answer]) -> Callable[..., Answer]:
        wanted: Any = get_type_hints(do).get("body")

        def view(request: Asked, *, as_json: bool = False, **ids: Any) -> HttpResponseBase:
            request.actor.need(act)
            given = {} if wanted is None else {"body": _body(request, wanted, as_json)}
            try:
                done: Done | HttpResponseBase = do(request, **given, **ids)
            except Unfit as unfit:
                if as_json:
                    raise
                for line in _lines(unfit):
                    messages.error(request, line)
                return HttpResponseRedirect(_back(request))
            if isinstance(done, HttpResponseBase):
                return done
            if as_json:
                return json_of({"done": done.said, "at": done.at, **(done.content or {})})
            (messages.success if done.well else messages.warning)(request, done.said)
            return HttpResponseRedirect(done.at)

        _declare(Entry(name=name, path=path, act=act, changes=True, view=_answering(view, "POST")))
        return do

    return declare


def json_of(content: Any, status: int = 200) -> HttpResponseBase:
    """The content as JSON: exact decimals as text, times as ISO 8601, the words in the language asked for."""
    return HttpResponse(msgspec.json.encode(content, enc_hook=_plain), status=status, content_type="application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, Promise):
        return str(value)
    if hasattr(value, "as_json"):
        return value.as_json()
    if isinstance(value, models.Model):
        return {each.attname: getattr(value, each.attname) for each in value._meta.concrete_fields}
    if isinstance(value, models.QuerySet):
        return list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"a page's content holds a {type(value).__name__}, which JSON cannot tell")


def _declare(entry: Entry) -> None:
    assert entry.name not in ENTRIES, f"two pages are called {entry.name}"
    ENTRIES[entry.name] = entry


def _answering(view: Callable[..., HttpResponseBase], *methods: str) -> Callable[..., HttpResponseBase]:
    """What goes wrong becomes an answer: 403, 404, 409, 422 or 503, told as HTML or JSON."""

    def answer(request: Asked, *, as_json: bool = False, **ids: Any) -> HttpResponseBase:
        token = getattr(request, "token", None)
        asked = ASKED.set(secrets.token_hex(8) + (f" token {token}" if token else ""))
        try:
            _sendable(request.GET.values(), ids.values())
            return view(request, as_json=as_json, **ids)
        except Denied as denied:
            return _told(request, as_json, 403, fault(str(denied)))
        except NotTwoPeople as one:
            return _told(request, as_json, 409, str(one), two_people=True)
        except ChangedMeanwhile as meanwhile:
            return _told(request, as_json, 409, str(meanwhile))
        except Unfit as unfit:
            said = {field: fault(text, called=str) for field, text in unfit.faults.items()}
            return _told(request, as_json, 422, str(Unfit(said)) if as_json else "; ".join(_lines(unfit)), said)
        except Http404 as missing:
            return _told(request, as_json, 404, str(missing) or _("There is no such thing here."))
        except OperationalError:
            # Two acts that wait for each other: the database ended one of them, whole.
            return _told(request, as_json, 503, _("Too much at once: nothing was done. Try again in a moment."))
        finally:
            ASKED.reset(asked)

    return require_http_methods(methods)(answer)


def _sendable(*groups: Iterable[Any]) -> None:
    """A NUL has no place in any word here, and PostgreSQL takes none."""
    if any("\0" in str(value) for group in groups for value in group):
        raise Unfit(_("There is a character in it that is none."))


def _told(
    request: Asked, as_json: bool, status: int, said: str, faults: Mapping[str, str] | None = None, two_people: bool = False
) -> HttpResponseBase:
    if as_json:
        return json_of({"error": said, **({"faults": faults} if faults else {})}, status)
    content = {"status": status, "said": said, "page": "refused", "two_people": two_people}
    return render(request, "desk/refused.html", content, status=status)


def _lines(unfit: Unfit) -> list[str]:
    """What cannot be done as it is, a line for each field of the form, which is called as the reader calls it."""
    return [f"{form_title(field)}: {fault(text)}" if field else fault(text) for field, text in unfit.faults.items()]


def _body(request: Asked, wanted: Any, as_json: bool) -> Any:
    try:
        if as_json:
            if b"\\u0000" in request.body:
                raise Unfit(_("There is a character in it that is none."))
            return msgspec.json.decode(request.body or b"{}", type=wanted)
        _sendable([value for _name, values in request.POST.lists() for value in values])
        lists = {
            each.encode_name for each in msgspec.structs.fields(wanted) if "list" in str(each.type) or "tuple" in str(each.type)
        }
        known = {each.encode_name for each in msgspec.structs.fields(wanted)}
        sent = {
            name: request.POST.getlist(name) if name in lists else value for name, value in request.POST.items() if name in known
        }
        return msgspec.convert({name: value for name, value in sent.items() if value != ""}, type=wanted, strict=False)
    except msgspec.ValidationError as error:
        raise Unfit(str(error)) from None
    except msgspec.DecodeError as error:
        raise Unfit(f"the body is not JSON: {error}") from None


def _back(request: Asked) -> str:
    """The page it was asked from, if that is one of ours."""
    back = request.META.get("HTTP_REFERER", "")
    return back if url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()) else "/"
