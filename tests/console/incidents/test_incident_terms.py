"""The terms of reports stand in the law as they are quoted, and nothing is named where no text was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from sekisho.console.incidents.clocks import Term, terms
from sekisho.console.incidents.models import AUDIENCES, KINDS
from sekisho.rulebook.citations import check_citations
from sekisho.rulebook.statutes import Statutes


class _Citing:
    """The terms, as the checker of citations wants them."""

    path = "incidents/terms.yaml"
    citations = tuple((each.document, each.provision, each.quote) for each in terms() if each.document)


def test_every_quotation_stands_in_the_text_it_names(shared_data: Path) -> None:
    results = check_citations([_Citing()], Statutes.open(shared_data / "law"))
    assert [f"{each.citation}: {each.why}" for each in results if not each.ok] == []
    assert all(each.resolved for each in results)


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.code)
def test_what_no_text_says_has_no_day(term: Term) -> None:
    assert term.audience in dict(AUDIENCES)
    assert set(term.kinds) <= set(dict(KINDS))
    if term.document is None:
        assert (term.due, term.quote, term.confidence) == ("none", None, "unknown")
    else:
        assert term.quote
        assert term.confidence == "confirmed"
