"""The trail of an outflow on the incident's page: the picture log forensics draws, coloured by the page's own sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any, Final

from django.utils.translation import gettext as _

from sekisho.custody.trail_picture import trail_svg
from sekisho.typologies.outflow_trail import End, Step, Trail

_OWN_COLOURS: Final = re.compile(r"<style>.*?</style>", re.DOTALL)


def trail_picture(details: Mapping[str, Any], lang: str) -> str:
    """The picture of an imported outflow; empty where no trail was told. The page allows no colours written inside it."""
    steps = tuple(
        Step(
            hop=each["hop"],
            txid=each["txid"],
            occurred_at=datetime.fromisoformat(each["occurred_at"]),
            asset=each["asset"],
            from_address=each["from_address"],
            to_address=each["to_address"],
            quantity=Decimal(each["quantity"]),
            whole=Decimal(each["quantity"]),
        )
        for each in details.get("trail", ())
    )
    if not steps:
        return ""
    ends = tuple(
        End(asset=e["asset"], address=e["address"], quantity=Decimal(e["quantity"]), why=e["why"]) for e in details.get("ends", ())
    )
    trail = Trail(
        steps=steps,
        ends=ends,
        merges=tuple(details.get("merges", ())),
        peels=tuple(tuple(chain) for chain in details.get("peel_chains", ())),
    )
    wallets = [wallet["wallet_id"] for wallet in details.get("route", {}).get("wallets", ())]
    sources = sorted({each["from_address"] for each in details.get("outflows", ())})
    named = dict(zip(sources, wallets, strict=True)) if len(sources) == len(wallets) == 1 else {}
    drawn = _OWN_COLOURS.sub("", trail_svg(trail, named, lang))
    title = escape(_("Where the coins went"))
    return drawn.replace('role="img"', f'role="img" aria-label="{title}"', 1)
