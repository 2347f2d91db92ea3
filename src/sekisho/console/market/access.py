"""What may be seen of the market."""

from sekisho.console.people.roles import READERS

ACCESS = {"read market": READERS}
