"""Citations checked: does every provision a rule cites exist, and does it say what the rule quotes?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from sekisho.rulebook.provision import Citation, CitationError, NoTextError
from sekisho.rulebook.statutes import Passage, Statutes

__all__ = ["Citation", "CitationError", "CitationResult", "Passage", "Statutes", "check_citations", "quote_found"]


class Citing(Protocol):
    """What has citations: a rule, by its path."""

    @property
    def path(self) -> str: ...

    @property
    def citations(self) -> Iterable[tuple[str, str | None, str | None]]:
        """(document, provision, quote)."""
        ...


@dataclass(frozen=True, slots=True)
class CitationResult:
    """One citation of one rule, looked up.

    ``resolved`` is None when the document has no text to look into (a report, a self-regulatory rule, the articles of
    an act not yet in force); such citations count neither as resolved nor as cited.
    ``quote_found`` is None when the rule quotes nothing or there was no text. ``why`` is empty when all is well.
    """

    rule: str
    citation: str
    resolved: bool | None
    quote_found: bool | None
    why: str = ""

    @property
    def ok(self) -> bool:
        """True unless the provision or the quotation is missing from the text."""
        return self.resolved is not False and self.quote_found is not False


def check_citations(rules: Iterable[Citing], statutes: Statutes) -> list[CitationResult]:
    """Look up every citation of every rule, in their order."""
    return [
        result
        for rule in rules
        for document, provision, quote in rule.citations
        for result in _looked_up(rule.path, document, provision, quote, statutes)
    ]


def quote_found(passage: Passage, quote: str) -> bool:
    """Does the passage contain the quotation word for word? White space is ignored; "…" stands for words left out."""
    text, at = _without_space(passage.text), 0
    for part in _without_space(quote).split("…"):
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return bool(_without_space(quote).strip("…"))


def _looked_up(rule: str, document: str, provision: str | None, quote: str | None, statutes: Statutes) -> Iterator[CitationResult]:
    """One result per provision. A quotation may run through all provisions cited together."""
    if provision is None:
        yield _without_provision(rule, document, statutes)
        return
    known = statutes.documents.get(document)
    if known is not None and known.statute_file is None:
        yield CitationResult(rule, f"{document} {provision}", None, None, f"{document} ({known.title_ja}): no text here")
        return
    passages: dict[str, Passage] = {}
    for name, citation in _each(document, provision):
        try:
            if isinstance(citation, CitationError):
                raise citation
            passages[name] = statutes.resolve(citation)
        except NoTextError as error:
            yield CitationResult(rule, name, None, None, str(error))
        except CitationError as error:
            yield CitationResult(rule, name, False, None, str(error))
    found, why = _quoted(quote, tuple(passages.values()))
    for name in passages:
        yield CitationResult(rule, name, True, found, why)


def _each(document: str, provision: str) -> Iterator[tuple[str, Citation | CitationError]]:
    """Each provision with its name; one that cannot be read comes as its error."""
    for part in provision.split(";"):
        name = f"{document} {part.strip()}"
        try:
            yield name, Citation.parse(document, part.strip())
        except CitationError as error:
            yield name, error


def _quoted(quote: str | None, passages: tuple[Passage, ...]) -> tuple[bool | None, str]:
    if quote is None or not passages:
        return None, ""
    whole = Passage(passages[0].heading, "\n".join(passage.text for passage in passages))
    if quote_found(whole, quote):
        return True, ""
    return False, f"{whole.heading} does not contain the words quoted: {quote}"


def _without_provision(rule: str, document: str, statutes: Statutes) -> CitationResult:
    """A whole document may be cited only where there is no text to be more precise about."""
    known = statutes.documents.get(document)
    if known is None:
        return CitationResult(rule, document, False, None, f"{document}: not in documents.yaml")
    if known.statute_file is not None and known.part is None:
        return CitationResult(rule, document, False, None, f"{document}: say which article")
    return CitationResult(rule, document, None, None, f"{document} ({known.title_ja}): cited as a whole")


def _without_space(text: str) -> str:
    return re.sub(r"\s", "", text)
