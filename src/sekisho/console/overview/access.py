"""What may be done on the first page."""

from sekisho.console.people.roles import EVERYBODY

ACCESS = {"read overview": EVERYBODY}
