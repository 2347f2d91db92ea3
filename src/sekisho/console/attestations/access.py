"""What may be done about attestations and on the board's page. An item's owner attests; who reviews the chart decides, too."""

from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read attestations": READERS | {"operations"},
    "keep attestations": SECOND_LINE,
    "attest": SECOND_LINE | {"operations", "audit"},
    "review attestations": SECOND_LINE | {"audit"},
    "read the board": READERS,
    "read the organisation": READERS | {"operations"},
}
