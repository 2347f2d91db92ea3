"""Foreign solicitation: which sites of unregistered operators solicit persons in Japan, by which signs of which day?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sekisho.engine.answers import Amount, Evidence, Found, Step
from sekisho.engine.assessed_items import words
from sekisho.typologies.material_facts import japan_date
from sekisho.typologies.operator_names import Match, Registered, read_operators, read_warnings, registered_for
from sekisho.typologies.solicitations import Sign, Solicitation, behind, lacking, present, read_signs, read_solicitations

if TYPE_CHECKING:
    from sekisho.records import Records
    from sekisho.rulebook import Parameters

_SITES = ("website", "app", "advertisement", "social_media")
_REGISTERED = ("crypto_asset_exchange", "crypto_asset_intermediary")


class _Look(NamedTuple):
    site: Solicitation
    match: Match
    dealing: list[Sign]
    addressed: list[Sign]
    missing: list[str]
    looked_for: list[Sign]
    undone: bool
    effect: bool


def detect(records: Records, p: Parameters) -> Iterator[Found]:
    """One finding for each site without the measures that keep persons in Japan out, with the dated entry of each sign."""
    for look in _looks(records, p):
        if look.missing or look.undone:
            yield _found(look, p)


def compute(records: Records, p: Parameters) -> Iterator[Amount]:
    """For each such site: on how many facts a significant effect in Japan rests, with the facts, and whether it is shown."""
    for look in _looks(records, p):
        relied_on = [*look.dealing, *look.addressed]
        yield Amount(
            name="effect_in_japan",
            as_of=p.as_of,
            value=Decimal(len(relied_on)),
            unit="facts",
            band="significant" if look.effect else "not_shown",
            working=tuple(Step(sign.sign, f"{sign.sign_id}, {sign.observed_on}", Decimal(1)) for sign in relied_on),
            evidence=tuple(sorted(Evidence("solicitation_sign", sign.sign_id) for sign in relied_on)),
            facts={"operator": look.site.operator, "site": look.site.site, "solicitation": look.site.solicitation_id},
        )


def _looks(records: Records, p: Parameters) -> Iterator[_Look]:
    operators, warned = registered_for(read_operators(records), _REGISTERED), read_warnings(records)
    signs = read_signs(records, p.as_of)
    for each in read_solicitations(records):
        match = behind(each, Registered(operators, warned, japan_date(each.observed_at)))
        if each.channel not in _SITES or match.verdict == "registered":
            continue
        own = signs.get(each.solicitation_id, {})
        dealing, addressed = present(own, words(p.dealing_signs)), present(own, words(p.addressed_signs))
        missing, looked_for = lacking(own, words(p.measures))
        undone = bool(present(own, words(p.undoing_signs)))
        effect = bool(dealing) or len(addressed) >= p.effect_signs_min
        yield _Look(each, match, dealing, addressed, missing, looked_for, undone, effect)


def _found(look: _Look, p: Parameters) -> Found:
    site, shown = look.site, [*look.dealing, *look.addressed]
    entries = {*shown, *look.looked_for}
    return Found(
        subject_kind="operator",
        subject_id=site.operator or site.site or site.solicitation_id,
        window_from=site.observed_at,
        window_until=site.observed_at + timedelta.resolution,
        score=Decimal(p.score_dealing if look.dealing else p.score_addressed if look.addressed else p.score_no_sign),
        sentence="default" if shown else "open",
        evidence=(
            Evidence("solicitation", site.solicitation_id),
            *sorted(Evidence("solicitation_sign", sign.sign_id) for sign in entries),
        ),
        facts={
            "site": site.site,
            "operator": site.operator,
            "signs": ", ".join(f"{sign.sign} ({sign.observed_on})" for sign in shown),
            "missing": ", ".join(look.missing) or "–",
            "effect": look.effect,
            "answer": look.match.verdict,
            "why": look.match.why,
        },
    )
