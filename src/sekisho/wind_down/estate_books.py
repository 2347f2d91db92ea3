"""What an exchange's books say on the day its clients' assets are shared out: rights, pools, wallets, losses, loans, prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from sekisho.records import Records, RecordsError
from sekisho.typologies.custody import MONEY, Chain, Observation, read_chain
from sekisho.typologies.entitlements import MOST, Share
from sekisho.typologies.estate import Loan, Owed, ledger_day, loans_on, owed_on, principal_on, returned_until, shares, there
from sekisho.typologies.valuation import ANY_SOURCE, Cutoff, Prices, Quote, read_prices
from sekisho.wind_down.losses import Loss, lost_by_asset, read_losses

COIN_PLACES, FINEST_PLACES, MONEY_PLACES = 8, 18, 0
_USUAL = "0.00000001::DECIMAL(38, 18)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person chose: the day, what was lost, on which days to value and by which prices, and how finely to divide."""

    as_of: date
    valuation_dates: tuple[date, ...] = ()
    lost: Path | None = None
    realised_jpy: Decimal | None = None
    decimals: tuple[str, ...] = ()
    cutoff: str = "24:00"
    price_source: str = ANY_SOURCE
    price_age_hours: int = 24
    dormant_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """Everything that is there for clients on a day, and what they are owed. ``principal`` is None where no trust is on record."""

    asked: Asked
    chain: Chain
    seen: tuple[Observation, ...]
    owed: Mapping[str, Owed]
    principal: Decimal | None
    shares: Mapping[str, Share]
    losses: tuple[Loss, ...]
    loans: tuple[Loan, ...]
    returned: Mapping[str, Decimal]
    prices: Prices

    @property
    def days(self) -> tuple[date, ...]:
        """The days on which everything is valued, the first of them the one that the pooled reading uses."""
        return self.asked.valuation_dates or (self.asked.as_of,)

    def quote(self, asset: str, day: date) -> Quote | None:
        """The price of an asset for a day."""
        return self.prices.quote(asset, day)

    def price(self, asset: str, day: date) -> Decimal | None:
        """The price in yen, 1 for money."""
        if asset == MONEY:
            return Decimal(1)
        quote = self.quote(asset, day)
        return None if quote is None else quote.price_jpy


def read_estate(records: Records, asked: Asked) -> Estate:
    """Read a day's books. Raises RecordsError where they do not have that day, or hold what cannot be shared out."""
    _refuse_missing(records, asked.as_of)
    cutoff = _cutoff(asked.cutoff)
    chain = read_chain(records, cutoff) if {"wallet", "wallet_balance"} <= records.present else Chain((), ())
    seen = there(chain, asked.as_of)
    stated = principal_on(records, asked.as_of)
    principal = stated if asked.realised_jpy is None else asked.realised_jpy
    losses = read_losses(asked.lost, seen, principal) if asked.lost else ()
    owed = owed_on(records, asked.as_of)
    assets = {*owed, *(one.wallet.asset for one in seen), MONEY}
    units = _units(records, asked, assets)
    found = shares(owed, seen, principal, units, lost_by_asset(losses))
    for asset, share in found.items():
        if max(share.owed, share.pool) > MOST:
            raise RecordsError(
                "customer_balance", f"{asset}: {max(share.owed, share.pool):f} is more than can be shared out", "check it"
            )
    return Estate(
        asked=asked,
        chain=chain,
        seen=seen,
        owed=owed,
        principal=principal,
        shares=found,
        losses=losses,
        loans=loans_on(records, asked.as_of),
        returned=returned_until(records, asked.as_of),
        prices=read_prices(records, cutoff, asked.price_source, timedelta(hours=asked.price_age_hours)),
    )


def _refuse_missing(records: Records, as_of: date) -> None:
    if "customer_balance" not in records.present:
        raise RecordsError("customer_balance", "is not among these records", "add what clients are owed on the day")
    last = ledger_day(records, as_of)
    if last != as_of:
        told = f"the last day before is {last}" if last else "the books start later"
        raise RecordsError("customer_balance", f"states nothing for {as_of}; {told}", "give another --as-of")


def _cutoff(text: str) -> Cutoff:
    try:
        return Cutoff.parse(text)
    except ValueError as error:
        raise RecordsError("--cutoff", str(error)) from None


def _units(records: Records, asked: Asked, assets: set[str]) -> dict[str, Decimal]:
    """The smallest unit of each asset: a yen; eight decimals, or all eighteen where the books are finer; or as chosen."""
    places = dict.fromkeys(assets, COIN_PLACES) | dict.fromkeys(_finer_than_usual(records, asked.as_of), FINEST_PLACES)
    places[MONEY] = MONEY_PLACES
    for text in asked.decimals:
        asset, _equals, number = text.partition("=")
        if asset not in places or not number.isdigit() or int(number) > FINEST_PLACES:
            known = ", ".join(sorted(places))
            raise RecordsError("--decimals", f"'{text}' cannot be used", f"write ASSET=N with N from 0 to 18; assets here: {known}")
        places[asset] = int(number)
    return {asset: Decimal(1).scaleb(-number) for asset, number in places.items()}


def _finer_than_usual(records: Records, as_of: date) -> Sequence[str]:
    with records.connection.busy():
        rows = records.connection.con.execute(
            f"SELECT DISTINCT asset FROM customer_balance WHERE as_of_date = DATE '{as_of}' AND quantity % {_USUAL} > 0"
        ).fetchall()
    return [asset for (asset,) in rows]


def parse_yen(text: str | None, option: str) -> Decimal | None:
    """An amount of yen as given on the command line."""
    if text is None:
        return None
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0 or amount != amount.quantize(Decimal("0.000001")):
        raise RecordsError(option, f"'{text}' is not an amount of yen", "write plain digits, such as 1250000000")
    return amount
