"""Proposals are seen by whoever may make or decide one; each kind says who that is."""

from sekisho.console.people.roles import EVERYBODY

ACCESS = {"read proposals": EVERYBODY}
