"""Indicators of an incident as STIX 2.1, marked and without a word about clients, made by the intelligence part's own rules."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from sekisho.console.desk.pages import Unfit
from sekisho.console.incidents.models import Incident
from sekisho.console.journal.naming import VALUES_SAID
from sekisho.intelligence.archive import canonical
from sekisho.intelligence.sharing import (
    ROLES,
    Address,
    ClientWords,
    Report,
    Sender,
    Site,
    checked,
    clients_of,
    refuse_client_data,
    stix_objects,
)
from sekisho.intelligence.stix.validation import validate
from sekisho.records import RecordsError, open_records
from sekisho.typologies.listed_forms import normal_form

NAME = "Incident at a crypto-asset exchange ({kind})"


def bundle_of(incident: Incident, marking: str, description: str, at: Any) -> dict[str, Any]:
    """The bundle. Raises ``Unfit`` where the marking forbids sharing, nothing is to be shared, or a client would be named."""
    rows = list(incident.indicators.order_by("pk"))
    if not rows:
        raise Unfit(_("No indicator is written down: there is nothing to share."))
    category = "theft" if incident.incident_kind == "outflow" else "malicious-activity"
    report = Report(
        name=NAME.format(kind=incident.incident_kind.replace("_", " ")),
        occurred_at=incident.began_at or incident.detected_at,
        description=description or None,
        addresses=tuple(
            Address(address=row.value, asset=row.asset, role=row.role, category=category)
            for row in rows
            if row.indicator_kind == "address"
        ),
        domains=tuple(Site(value=row.value) for row in rows if row.indicator_kind == "domain"),
        urls=tuple(Site(value=row.value) for row in rows if row.indicator_kind == "url"),
        marking=marking,
    )
    try:
        checked(report, incident.pk)
        for words in _kept_back(incident):
            refuse_client_data(report, words, incident.pk)
    except RecordsError as error:
        raise Unfit(str(error)) from None
    objects = stix_objects(report, Sender(secret=_secret(), with_definition=True), at)
    digest = hmac.new(_secret(), canonical({"objects": objects}).encode(), hashlib.sha256).digest()
    bundle = {"type": "bundle", "id": f"bundle--{UUID(bytes=digest[:16], version=4)}", "objects": objects}
    faults = validate(json.loads(json.dumps(bundle)))
    assert not faults, f"what Sekisho writes is STIX 2.1: {faults[0]}"
    return bundle


def _kept_back(incident: Incident) -> list[ClientWords]:
    """What must not leave: the incident's parties, accounts and own addresses, and those of the books where there are any."""
    details = incident.details
    own = {normal_form(each["from_address"], each["asset"]) for each in details.get("outflows", ())}
    words = [ClientWords(frozenset([*incident.parties, *details.get("diverted_accounts", ())]), frozenset(own))]
    books = settings.CHOSEN.books
    if books is not None and (settings.FOLDER / books).is_dir():
        with open_records(settings.FOLDER / books) as records:
            words.append(clients_of(records))
    return words


def _secret() -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), b"identifiers of shared intelligence", hashlib.sha256).digest()


ROLE_TITLES: Final = {
    "received_stolen": pgettext_lazy("incidents", "received stolen coins"),
    "holds_stolen": pgettext_lazy("incidents", "holds stolen coins"),
    "scam": pgettext_lazy("incidents", "scam"),
    "mule": pgettext_lazy("incidents", "mule"),
    "phishing": pgettext_lazy("incidents", "phishing"),
}
"""The roles of an address in the reader's language."""
VALUES_SAID["indicator", "role"] = lambda role: str(ROLE_TITLES.get(role, role))


def roles() -> list[str]:
    """The roles an address may have had."""
    return list(ROLES)
