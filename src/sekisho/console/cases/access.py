"""What may be done with cases."""

from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read cases": READERS,
    "open a case": SECOND_LINE,
    "work on cases": SECOND_LINE,
    "propose closing a case": SECOND_LINE,
    "approve closing a case": SECOND_LINE,
    "take evidence out": READERS,
    "make a bundle of a case": SECOND_LINE | {"audit"},
}
