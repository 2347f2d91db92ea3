"""Which registers are kept here, what each is for, and whose changes take two people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sekisho.records import TABLES
from sekisho.rulebook import Rule, load_rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register: its record table, its title, whether changes take two people, and whether only the control room reads it."""

    table: str
    title: str | Promise
    two_people: bool = False
    confidential: bool = False

    @property
    def reads(self) -> str:
        """The act that reads it."""
        return "read confidential registers" if self.confidential else "read registers"


_ALL: Final = (
    Register(table="party_link", title=_("Relations between persons and firms")),
    Register(table="listing_application", title=_("Applications for listing"), confidential=True),
    Register(table="stated_plan", title=_("Plans stated beforehand"), two_people=True, confidential=True),
    Register(table="communication", title=_("Advertisements and messages")),
    Register(table="provider", title=_("Providers and vendors"), two_people=True),
    Register(table="wallet_service", title=_("Services of providers for wallets"), two_people=True),
    Register(table="wallet_procedure", title=_("Procedures of wallets"), two_people=True),
    Register(table="wallet_destination", title=_("Listed destinations"), two_people=True),
    Register(table="wallet_key", title=_("Signing keys"), two_people=True),
    Register(table="custody_duty", title=_("Duties over client assets"), two_people=True),
    Register(table="crypto_loan", title=_("Borrowed and lent crypto-assets"), two_people=True),
    Register(table="subordinated_debt", title=_("Subordinated debt"), two_people=True),
    Register(table="assessment", title=_("Assessments")),
    Register(table="suspicion", title=_("Suspicions"), confidential=True),
    Register(table="customer_check", title=_("Checks of clients"), confidential=True),
    Register(table="customer_risk", title=_("Risk classes of clients"), two_people=True, confidential=True),
    Register(table="information_exchange", title=_("Information exchanged with others"), confidential=True),
    Register(table="trading_criterion", title=_("Criteria for starting to trade"), two_people=True),
    Register(table="trading_limit", title=_("Limits on trading"), two_people=True),
    Register(table="registered_operator", title=_("Registered operators")),
    Register(table="operator_warning", title=_("Warnings by authorities")),
    Register(table="solicitation", title=_("Solicitations by unregistered operators")),
    Register(table="solicitation_sign", title=_("Signs of solicitation")),
    Register(table="operator_contract", title=_("Contracts with unregistered operators"), confidential=True),
    Register(table="trading_venue", title=_("Trading venues and DEX")),
)

KINDS: Final[Mapping[str, Register]] = {each.table: each for each in _ALL}
"""Every register by its record table. Facts, who knows them and publications have pages of their own."""
assert KINDS.keys() <= TABLES.keys()


@cache
def rules_reading(table: str) -> tuple[Rule, ...]:
    """The rules that look for gaps in a register: those that detect and read its table."""
    rules = load_rulebook().rules.values()
    return tuple(rule for rule in rules if "detect" in rule.questions and table in (*rule.needs, *rule.uses))
