"""Who is behind an account: chains of links, their dates and their direction."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from sekisho.typologies.ownership import NEARNESS, Link, Ownership

DAY = date(2026, 6, 4)
PARTY_OF = {f"A{n}": f"P{n}" for n in range(7)} | {"A0b": "P0"}


def owners(*links: tuple[object, ...]) -> Ownership:
    return Ownership(PARTY_OF, [Link(*link) for link in links])  # type: ignore[arg-type]


def test_one_account_and_one_party_need_no_link() -> None:
    nobody = owners()
    assert nobody.chain("A1", "A1", DAY) == ("account", ())
    assert nobody.chain("A0", "A0b", DAY) == ("party", ())
    assert nobody.chain("A1", "A2", DAY) is None
    assert nobody.chain("A1", "unknown", DAY) is None
    assert nobody.groups == {"A0": "A0", "A0b": "A0"}


def test_a_chain_names_its_links_in_order_and_is_as_near_as_its_weakest() -> None:
    tied = owners(("P1", "P2", "same_owner"), ("P3", "P2", "household"), ("P3", "P4", "controls"))
    chain = tied.chain("A1", "A4", DAY)
    assert chain is not None
    assert chain.nearness == "household"
    assert [link.record_id for link in chain.links] == ["P1|P2|same_owner", "P3|P2|household", "P3|P4|controls"]


def test_a_longer_chain_without_a_household_is_nearer() -> None:
    tied = owners(("P1", "P2", "household"), ("P1", "P3", "same_owner"), ("P3", "P4", "same_owner"), ("P4", "P2", "same_owner"))
    chain = tied.chain("A1", "A2", DAY)
    assert chain is not None
    assert (chain.nearness, len(chain.links)) == ("same_owner", 3)


def test_control_goes_up_and_then_down_never_down_and_up() -> None:
    sisters = owners(("P1", "P2", "controls"), ("P1", "P3", "controls"))
    parents = owners(("P2", "P1", "controls"), ("P3", "P1", "controls"))
    assert sisters.chain("A2", "A3", DAY) is not None
    assert parents.chain("A2", "A3", DAY) is None
    assert parents.chain("A2", "A1", DAY) is not None
    assert parents.groups["A2"] == parents.groups["A3"]  # where to look, not yet a proof


def test_a_link_holds_from_its_first_day_until_the_day_before_its_end() -> None:
    dated = owners(("P1", "P2", "same_owner", date(2026, 6, 2), date(2026, 6, 4)))
    held = [dated.chain("A1", "A2", date(2026, 6, day)) is not None for day in (1, 2, 3, 4)]
    assert held == [False, True, True, False]


def test_the_same_link_recorded_for_two_periods_ties_in_both() -> None:
    twice = owners(
        ("P1", "P2", "same_owner", None, date(2026, 6, 2)),
        ("P1", "P2", "same_owner", date(2026, 6, 1), None),
    )
    assert twice.chain("A1", "A2", date(2026, 6, 1)) is not None
    assert twice.chain("A1", "A2", DAY) is not None


def test_an_adviser_is_an_association_of_everybody_behind_the_account_and_no_owner() -> None:
    advised = owners(("P5", "P2", "adviser"), ("P2", "P1", "controls"))
    assert advised.chain("A5", "A1", DAY) is None
    assert [link.record_id for link in advised.associations("A1", "A5", DAY)] == ["P5|P2|adviser"]
    assert advised.associations("A1", "A6", DAY) == ()


relations = st.sampled_from(["same_owner", "household", "controls", "adviser"])
parties = st.sampled_from([f"P{n}" for n in range(7)])


@given(st.lists(st.tuples(parties, parties, relations), max_size=12))
def test_a_tie_is_mutual_and_lies_within_one_group(rows: list[tuple[str, str, str]]) -> None:
    tied = owners(*rows)
    for one in PARTY_OF:
        for other in PARTY_OF:
            there, back = tied.chain(one, other, DAY), tied.chain(other, one, DAY)
            assert (there is None) == (back is None)
            if there is not None and back is not None:
                assert there.nearness == back.nearness
                assert there.nearness in NEARNESS
                assert one == other or tied.groups[one] == tied.groups[other]
