"""What the rulebook says in codes, in the reader's language: whether a text is law, how sure it is, who set a value."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

STATUSES = {
    "in_force": pgettext_lazy("law", "in force"),
    "enacted": gettext_lazy("enacted, not in force"),
    "recommended": gettext_lazy("recommended, not law"),
    "proposed": gettext_lazy("proposed, not law"),
}
CONFIDENCES = {
    "confirmed": gettext_lazy("text read"),
    "second_hand": gettext_lazy("second hand: from a source that quotes it"),
    "stated": gettext_lazy("stated, not verified"),
    "unverified": gettext_lazy("not checked against a text"),
    "unknown": gettext_lazy("not known"),
}
SET_BY = {"law": gettext_lazy("law"), "firm": gettext_lazy("the firm (starting value)")}
NOT_RUN = {
    "not_in_regime": gettext_lazy("does not hold"),
    "not_inspected": gettext_lazy("not inspected"),
    "undetermined": gettext_lazy("undetermined"),
}
"""Why a rule gave no answer: it does not hold, records it reads are not there, or a value is not known."""
CONSEQUENCES = {
    "criminal": gettext_lazy("criminal"),
    "monetary_penalty": gettext_lazy("monetary penalty"),
    "administrative": gettext_lazy("administrative"),
    "sro": gettext_lazy("self-regulatory organisation"),
    "civil": gettext_lazy("civil"),
}
SEVERITY_WORDS = {
    "critical": gettext_lazy("critical"),
    "high": gettext_lazy("high"),
    "medium": gettext_lazy("medium"),
    "low": gettext_lazy("low"),
}
"""The gravest first."""
UNITS = {
    "JPY": pgettext_lazy("unit", "JPY"),
    "bit": pgettext_lazy("unit", "bits"),
    "boolean": pgettext_lazy("unit", "yes or no"),
    "business_day": pgettext_lazy("unit", "business days"),
    "client": pgettext_lazy("unit", "clients"),
    "count": pgettext_lazy("unit", "in number"),
    "date": pgettext_lazy("unit", "date"),
    "date (Japan)": pgettext_lazy("unit", "date (Japan)"),
    "day": pgettext_lazy("unit", "days"),
    "day_of_month": pgettext_lazy("unit", "day of the month"),
    "decimal_place": pgettext_lazy("unit", "decimal places"),
    "hour": pgettext_lazy("unit", "hours"),
    "minute": pgettext_lazy("unit", "minutes"),
    "month": pgettext_lazy("unit", "months"),
    "multiple": pgettext_lazy("unit", "times"),
    "order": pgettext_lazy("unit", "orders"),
    "per_10000": pgettext_lazy("unit", "per 10,000"),
    "points": pgettext_lazy("unit", "points"),
    "powers_of_ten": pgettext_lazy("unit", "powers of ten"),
    "ratio": pgettext_lazy("unit", "ratio"),
    "readings": pgettext_lazy("unit", "readings"),
    "second": pgettext_lazy("unit", "seconds"),
    "share": pgettext_lazy("unit", "share"),
    "standing": pgettext_lazy("unit", "standing"),
    "text": pgettext_lazy("unit", "text"),
    "time_of_day": pgettext_lazy("unit", "time of day"),
    "units of the asset": pgettext_lazy("unit", "units of the asset"),
    "week": pgettext_lazy("unit", "weeks"),
    "words": pgettext_lazy("unit", "words"),
    "year": pgettext_lazy("unit", "years"),
    "years": pgettext_lazy("unit", "years"),
    "yes_no": pgettext_lazy("unit", "yes or no"),
}
"""What values of rules, and columns of the registers, are counted in."""
STANDINGS = {"held": pgettext_lazy("standing", "held"), "not_held": pgettext_lazy("standing", "not held")}
UNIT_WORDS = {
    "audit committee": gettext_lazy("audit committee"),
    "board of directors": gettext_lazy("board of directors"),
    "custody department": gettext_lazy("custody department"),
    "internal audit": gettext_lazy("internal audit"),
    "legal department": gettext_lazy("legal department"),
    "management": gettext_lazy("management"),
    "parent company": gettext_lazy("parent company"),
    "personnel department": gettext_lazy("personnel department"),
    "procurement": gettext_lazy("procurement"),
    "risk management": gettext_lazy("risk management"),
    "risk or compliance department": gettext_lazy("risk or compliance department"),
    "sales": gettext_lazy("sales"),
    "sales and trading": gettext_lazy("sales and trading"),
    "second line of defence": gettext_lazy("second line of defence"),
    "signers": gettext_lazy("signers"),
    "the investigation": gettext_lazy("the investigation"),
    "the office that handles requests": gettext_lazy("the office that handles requests"),
    "treasury": gettext_lazy("treasury"),
}
"""The words by which the rules name units of a firm."""
VIOLATIONS = {
    "insider": pgettext_lazy("violation", "insider dealing"),
    "tipping": pgettext_lazy("violation", "tipping"),
    "rumour": pgettext_lazy("violation", "spreading of rumours"),
    "wash": pgettext_lazy("violation", "wash trading"),
    "matched": pgettext_lazy("violation", "matched orders"),
    "manipulation": pgettext_lazy("violation", "manipulation"),
    "stabilisation": pgettext_lazy("violation", "unlawful stabilisation"),
    "fraud": pgettext_lazy("violation", "fraud"),
    "unregistered_exchange": pgettext_lazy("violation", "unregistered exchange business"),
    "unregistered_fiea_business": pgettext_lazy("violation", "unregistered FIEA business"),
    "name_lending_exchange": pgettext_lazy("violation", "lending of the name for exchange business"),
    "name_lending_fiea_business": pgettext_lazy("violation", "lending of the name for FIEA business"),
}
PENALTY_OBJECTS = {"crypto": pgettext_lazy("violation", "crypto-assets"), "security": pgettext_lazy("violation", "securities")}
"""What a penalty is computed for, and of what it speaks."""
_PERIOD: Final = re.compile("P([1-9][0-9]*)([YMWD])")


def period_title(text: str) -> str:
    """How often something is due: ``P12M`` as every 12 months; what is no single period as it is."""
    found = _PERIOD.fullmatch(text)
    if found is None:
        return text
    n = int(found[1])
    said = {
        "Y": ngettext("every year", "every %(n)s years", n),
        "M": ngettext("every month", "every %(n)s months", n),
        "W": ngettext("every week", "every %(n)s weeks", n),
        "D": ngettext("every day", "every %(n)s days", n),
    }
    return said[found[2]] % {"n": n}
