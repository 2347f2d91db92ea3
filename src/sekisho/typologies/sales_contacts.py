"""Sales contacts: whether a solicitation was asked for, agreed to beforehand, or came after a refusal."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.valuation import in_utc

if TYPE_CHECKING:
    from sekisho.records import Records


class Contact(NamedTuple):
    """One row of ``sales_contact`` (UTC)."""

    contact_id: str
    occurred_at: datetime
    account_id: str
    kind: str
    channel: str
    staff_party_id: str | None


class Solicited(NamedTuple):
    """One solicitation with what came before it: the last request, agreement and refusal (None: never)."""

    contact: Contact
    request: Contact | None
    agreement: Contact | None
    refusal: Contact | None

    @property
    def refused(self) -> bool:
        """Whether the customer's last word was a refusal."""
        return self.refusal is not None and (self.request is None or self.request.occurred_at < self.refusal.occurred_at)

    @property
    def requested(self) -> bool:
        """Whether the customer had asked for it and not refused since."""
        return self.request is not None and not self.refused

    def agreed_within(self, length: timedelta) -> bool:
        """Whether the customer had agreed to listen, no longer ago than that and with no refusal since."""
        agreed = self.agreement
        if agreed is None or (self.refusal is not None and self.refusal.occurred_at > agreed.occurred_at):
            return False
        return self.contact.occurred_at - agreed.occurred_at <= length


def read_contacts(records: Records) -> list[Contact]:
    """All contacts in order of time."""
    rows = records.sales_contact.select(*Contact._fields).to_pyarrow().to_pylist()
    contacts = (Contact(**{**row, "occurred_at": in_utc(row["occurred_at"])}) for row in rows)
    return sorted(contacts, key=lambda each: (each.occurred_at, each.contact_id))


def solicitations(contacts: Sequence[Contact]) -> Iterator[Solicited]:
    """The solicitations, in order of time. A contact at the very same moment does not count as earlier."""
    by_account: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        by_account[contact.account_id].append(contact)
    for contact in contacts:
        if contact.kind == "solicitation":
            before = [each for each in by_account[contact.account_id] if each.occurred_at < contact.occurred_at]
            last = {each.kind: each for each in before}
            yield Solicited(contact, last.get("requested_by_customer"), last.get("willingness_confirmed"), last.get("refusal"))


def trades_by_account(records: Records, accounts: set[str]) -> Mapping[str, list[date]]:
    """The Japan dates of the trades of some accounts, in order."""
    trade = records.optional("trade")
    rows = trade.filter(trade.buy_account_id.isin(sorted(accounts)) | trade.sell_account_id.isin(sorted(accounts)))
    days: dict[str, list[date]] = defaultdict(list)
    for row in rows.select("executed_at", "buy_account_id", "sell_account_id").to_pyarrow().to_pylist():
        for account in {row["buy_account_id"], row["sell_account_id"]} & accounts:
            days[account].append(japan_date(in_utc(row["executed_at"])))
    return {account: sorted(each) for account, each in days.items()}


def traded_in_year_before(days: Sequence[date], day: date) -> int:
    """How many trades lie in the year before a day: from the same day of the year before until the day before."""
    try:
        first = day.replace(year=day.year - 1)
    except ValueError:  # 29 February: the year before has none, and its period begins on the last of that month
        first = day.replace(year=day.year - 1, day=28)
    return bisect_left(days, day) - bisect_left(days, first)
