"""What may be done with inside information, staff trades and the other registers.

"Read all facts" is the control room: whoever holds it for the chapter unfair_trading sees every fact. Everybody else sees the facts
on whose list he stands, and of all others at most that an asset may not be traded.
"""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import always, firm_matter, working_paper
from sekisho.console.people.roles import READERS, SECOND_LINE

HOUSE = {"operations", "compliance", "supervisor", "audit", "director", "administrator"}

ACCESS = {
    "see facts one knows": HOUSE,
    "read all facts": {"compliance", "supervisor", "audit"},
    "keep facts": SECOND_LINE,
    "approve what frees an asset": SECOND_LINE,
    "read the restricted list": HOUSE | READERS,
    "keep the watch list": SECOND_LINE,
    "ask for clearance": HOUSE,
    "decide clearances": SECOND_LINE,
    "read staff trades": {"compliance", "supervisor", "audit"},
    "compare staff trades": SECOND_LINE,
    "set the firm's values": SECOND_LINE,
    "approve the firm's values": {"supervisor"},
    "read registers": HOUSE | READERS,
    "read confidential registers": {"compliance", "supervisor", "audit"},
    "keep registers": {"operations", "compliance", "supervisor"},
    "approve registers": SECOND_LINE,
    "tell the gate": SECOND_LINE,
}
KEPT = {
    "materialfact": firm_matter("lapsed_at", "free_at"),
    **dict.fromkeys(("factknowledge", "publication", "insiderreminder"), firm_matter("fact__lapsed_at", "fact__free_at")),
    "restriction": firm_matter("until"),
    "watched": firm_matter("until"),
    "clearance": firm_matter("decided_at"),
    "stafftrade": firm_matter("at"),
    "firmvalue": always(gettext_lazy("what holds from a day on until the next")),
    "registerrow": always(gettext_lazy("a register as it stands: its rows end by the register's own rules")),
    "gaplook": working_paper("at"),
}
