"""IVMS101, the message standard of the Travel Rule: issue 1 of 2020 and issue 101.2023, read and judged by their text."""

from sekisho.travel_rule.ivms101.authorities import Authorities, AuthoritiesError, find_authorities, read_authorities
from sekisho.travel_rule.ivms101.issue import Issue
from sekisho.travel_rule.ivms101.judged import Judged, judge
from sekisho.travel_rule.ivms101.key_styles import KeyStyle, read_keys
from sekisho.travel_rule.ivms101.validate import Asked, validate

__all__ = [
    "Asked",
    "Authorities",
    "AuthoritiesError",
    "Issue",
    "Judged",
    "KeyStyle",
    "find_authorities",
    "judge",
    "read_authorities",
    "read_keys",
    "validate",
]
