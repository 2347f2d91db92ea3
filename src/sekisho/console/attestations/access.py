"""What may be done about attestations and on the board's page. An item's owner attests; who reviews the chart decides, too."""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import always, firm_matter
from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read attestations": READERS | {"operations", "director"},
    "keep attestations": SECOND_LINE,
    "attest": SECOND_LINE | {"operations", "audit", "director"},
    "review attestations": SECOND_LINE | {"audit"},
    "read the board": READERS | {"director"},
    "read the organisation": READERS | {"operations", "director"},
}
KEPT = {
    "item": firm_matter("retired_at"),
    "attestation": firm_matter("expires_on"),
    "attestationevidence": firm_matter("attestation__expires_on", file="sha256"),
    "unitmeaning": always(gettext_lazy("what holds from a day on until the next")),
}
