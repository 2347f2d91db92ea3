"""The rulebook is for everybody."""

from sekisho.console.people.roles import EVERYBODY

ACCESS = {"read the rulebook": EVERYBODY}
