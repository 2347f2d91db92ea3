"""What everybody signed in may do."""

from sekisho.console.people.roles import EVERYBODY

ACCESS = {"be here": EVERYBODY}
