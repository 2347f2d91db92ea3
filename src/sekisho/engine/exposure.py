"""Exposure: what a client would hold in crypto-assets if an order and all the others he has in the market went through."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sekisho.engine.clients import MONEY, acquired, pair_of
from sekisho.typologies.margin import adds
from sekisho.typologies.valuation import EXACT

if TYPE_CHECKING:
    from sekisho.engine.requests import OrderRequest, View


class Exposure(NamedTuple):
    """Quantities by asset after an order: held and on order (spot), and on credit, long and short alike (margin).

    ``asset`` is what the order adds to, None where it adds nothing; ``unpriced`` names an asset that an order takes in while no
    price says how much of it.
    """

    asset: str | None
    spot: Mapping[str, Decimal]
    margin: Mapping[str, Decimal]
    unpriced: str | None

    def quantity(self, asset: str, product: str | None) -> Decimal:
        """Of one asset in a product, or in all products."""
        spot = Decimal(0) if product == "margin" else self.spot.get(asset, Decimal(0))
        return spot if product == "spot" else spot + self.margin.get(asset, Decimal(0))

    def assets(self, product: str | None) -> tuple[str, ...]:
        """The assets held in a product, or in all products, in order."""
        held = {*(() if product == "margin" else self.spot), *(() if product == "spot" else self.margin)}
        return tuple(sorted(asset for asset in held if self.quantity(asset, product)))


def exposure_after(request: OrderRequest, view: View) -> Exposure:
    """What the client holds once the order and his others in the market are done; what sells would give away is not deducted."""
    spot = {asset: quantity for asset, quantity in view.holdings(request.account_id).items() if asset != MONEY and quantity > 0}
    unpriced: str | None = None
    for order in view.open_orders(request.account_id, "spot"):
        if order.order_id != request.order_id:
            unpriced = _add(spot, *acquired(order, view)) or unpriced
    margin: dict[str, Decimal] = {}
    positions = view.margin(request.account_id).positions
    for position in positions:
        _add(margin, pair_of(view, position.instrument)[0], position.quantity)
    for order in view.open_orders(request.account_id, "margin"):
        if order.order_id != request.order_id:
            _add(margin, pair_of(view, order.instrument)[0], adds(order.side, order.quantity, positions, order.instrument))
    if request.product == "margin":
        asset = pair_of(view, request.instrument)[0]
        more: Decimal | None = adds(request.side, request.quantity, positions, request.instrument)
        _add(margin, asset, more)
    else:
        asset, more = acquired(request, view)
        unpriced = _add(spot, asset, more) or unpriced
    adding = None if asset == MONEY or more == 0 else asset
    return Exposure(adding, spot, margin, unpriced)


def worth_of(exposure: Exposure, product: str | None, asset: str | None, view: View) -> tuple[Decimal, str | None]:
    """The worth in yen of one asset, or of all held in a product, and the first asset that no price is known of."""
    value, missing = Decimal(0), None
    for each in (asset,) if asset is not None else exposure.assets(product):
        price = view.price_jpy(each)
        if price is None:
            missing = missing or each
        else:
            value = EXACT.add(value, EXACT.multiply(exposure.quantity(each, product), price))
    return value, missing


def _add(held: dict[str, Decimal], asset: str, quantity: Decimal | None) -> str | None:
    """Add to what is held; the asset, where nobody can say how much."""
    if asset == MONEY:
        return None
    if quantity is None:
        return asset
    if quantity:
        held[asset] = held.get(asset, Decimal(0)) + quantity
    return None
