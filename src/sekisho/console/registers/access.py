"""What may be done with inside information, staff trades and the other registers.

"Read all facts" is the control room: whoever holds it for the chapter unfair_trading sees every fact. Everybody else sees the facts
on whose list he stands, and of all others at most that an asset may not be traded.
"""

from sekisho.console.people.roles import READERS, SECOND_LINE

HOUSE = {"operations", "compliance", "supervisor", "audit", "administrator"}

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
