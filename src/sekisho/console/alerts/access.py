"""What may be done with alerts."""

from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read alerts": READERS,
    "work on alerts": SECOND_LINE,
    "propose a disposition": SECOND_LINE,
    "approve a disposition": SECOND_LINE,
    "take in findings": {"compliance", "supervisor", "administrator"},
    "propose a service level": SECOND_LINE,
    "approve a service level": {"supervisor"},
}
