"""Suitability: who was solicited although the register lacks what suitability is judged by?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Found
from sekisho.engine.assessed_items import words
from sekisho.typologies.custody import share
from sekisho.typologies.sales_contacts import Contact, read_contacts

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each account that was solicited with attributes missing."""
    attributes = words(p.attributes)
    by_account: dict[str, list[Contact]] = defaultdict(list)
    for contact in read_contacts(records):
        if contact.kind == "solicitation":
            by_account[contact.account_id].append(contact)
    account = records.account.filter(records.account.account_id.isin(sorted(by_account)))
    known = {row["account_id"]: row for row in account.select("account_id", *attributes).to_pyarrow().to_pylist()}
    for account_id, contacts in sorted(by_account.items()):
        row = known.get(account_id)
        missing = [name for name in attributes if row is None or row[name] is None]
        if not missing:
            continue
        yield Found(
            subject_kind="account",
            subject_id=account_id,
            window_from=contacts[0].occurred_at,
            window_until=contacts[-1].occurred_at + timedelta.resolution,
            score=share(Decimal(len(missing)), Decimal(len(attributes))),
            sentence="default" if row is not None else "unknown_account",
            evidence=(
                *((Evidence("account", account_id),) if row is not None else ()),
                *(Evidence("sales_contact", contact.contact_id) for contact in contacts),
            ),
            facts={
                "account": account_id,
                "count": len(contacts),
                "first_at": contacts[0].occurred_at,
                "last_at": contacts[-1].occurred_at,
                "missing": ", ".join(missing),
            },
        )
