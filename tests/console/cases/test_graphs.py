"""The graphs of a case: the picture, the table, and what a person moves through are the same nodes and edges."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from sekisho.console import settings as of_console
from sekisho.console.cases import work
from sekisho.console.cases.models import Case

from .conftest import trade, write

Browser = Callable[[str], Client]
DATA = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)


@pytest.fixture
def case(make_alert: Any, actor: Any) -> Case:
    """A case of one alert about account A1."""
    make_alert("F1")
    return work.open_case(actor("compliance"), ["F1"])


@pytest.fixture
def crowd(small_books: Path) -> Path:
    """The books, in which A1 sold to himself and to forty others, one of whom sold to him, and A2 to ten of whom A1 knows none."""
    sold = [trade(9 + n, f"S{n}", f"X{n}", "O4", f"B{n:02}", "A1", 100, 1 + n) for n in range(40)]
    own = [trade(5, "T1", "O1", "O4", "A1", "A1", 100, 1), trade(60, "T2", "O1", "X0", "A1", "B00", 100, 2)]
    apart = [trade(70 + n, f"R{n}", f"Y{n}", "O3", f"C{n:02}", "A2", 100, 1) for n in range(10)]
    write(small_books, "trade", [*own, *sold, *apart])
    return small_books


def graphs(client: Client, case: Case) -> Any:
    return client.get(f"/api/cases/{case.case_id}/graphs/").json()


def test_the_page_carries_the_same_graph_as_its_json(case: Case, small_books: Path, browser: Browser) -> None:
    client = browser("compliance")
    told = graphs(client, case)
    page = client.get(f"/cases/{case.case_id}/graphs/").content.decode()
    assert [json.loads(each) for each in DATA.findall(page)] == [told["rings"][0], told["flow"]]
    assert told["moves"] is True


def test_what_moves_is_what_the_picture_and_the_table_show(case: Case, small_books: Path, browser: Browser) -> None:
    told = graphs(browser("compliance"), case)
    for graph in (*told["rings"], told["flow"]):
        kept = ("id", "label", "x", "y", "own")
        assert graph["places"] == [{name: node[name] for name in kept} for node in graph["nodes"]]
        drawn = [f"{e['source']} → {e['target']}: {e['quantity']} {e['unit']} ({e['count']})" for e in graph["edges"]]
        assert [(arrow["told"], arrow["width"]) for arrow in graph["arrows"]] == [
            (line, edge["width"]) for line, edge in zip(drawn, graph["edges"], strict=True)
        ]


def test_edges_too_many_for_the_picture_have_their_places_and_the_same_each_time(case: Case, crowd: Path, browser: Browser) -> None:
    graph = graphs(browser("compliance"), case)["rings"][0]
    assert (graph["count"], len(graph["arrows"]), len(graph["edges"])) == (42, 30, 42)
    ends = {end for edge in graph["edges"] for end in (edge["source"], edge["target"])}
    assert [node["id"] for node in graph["places"] if node["own"]] == ["A1"]
    assert {node["id"] for node in graph["places"]} == ends
    assert len({(node["x"], node["y"]) for node in graph["places"]}) == len(ends) == 41
    assert all(0 <= node["x"] <= graph["width"] and 0 <= node["y"] <= graph["height"] for node in graph["places"])
    write(crowd, "transfer", [])
    assert graphs(browser("supervisor"), case)["rings"][0]["places"] == graph["places"]


def test_who_has_nothing_to_do_with_each_other_lies_apart(make_alert: Any, actor: Any, crowd: Path, browser: Browser) -> None:
    make_alert("F1")
    make_alert("F2", subject_id="A2")
    both = work.open_case(actor("compliance"), ["F1", "F2"])
    graph = graphs(browser("compliance"), both)["rings"][0]
    reach: dict[str, list[tuple[float, float]]] = {"of A1": [], "of A2": []}
    for node in graph["places"]:
        reach["of A2" if node["id"] == "A2" or node["id"].startswith("C") else "of A1"].append((node["x"], node["y"]))
    assert [len(places) for places in reach.values()] == [41, 11]
    (ax, ay), (bx, by) = ([(min(axis), max(axis)) for axis in zip(*places, strict=True)] for places in reach.values())
    assert ax[1] < bx[0] or bx[1] < ax[0] or ay[1] < by[0] or by[1] < ay[0]
    assert all(0 <= node["x"] <= graph["width"] and 0 <= node["y"] <= graph["height"] for node in graph["places"])


@pytest.mark.parametrize(("lang", "words"), [("en", "Move through it"), ("ja", "動かして見る")])
def test_the_button_speaks_the_readers_language(lang: str, words: str, case: Case, small_books: Path, browser: Browser) -> None:
    page = browser("compliance").get(f"/cases/{case.case_id}/graphs/", headers={"Accept-Language": lang}).content.decode()
    assert page.count(f" hidden>{words}</button>") == 2
    assert 'aria-expanded="false"' in page
    assert "style=" not in page


def test_without_the_package_the_pictures_stay_and_nothing_is_offered(
    case: Case, small_books: Path, browser: Browser, settings: Any
) -> None:
    settings.ECHARTS = None
    page = browser("compliance").get(f"/cases/{case.case_id}/graphs/").content.decode()
    assert page.count('class="arrow"') == 3
    assert not [word for word in ("Move through it", "moving", "echarts") if word in page]
    assert graphs(browser("compliance"), case)["moves"] is False


def test_the_package_is_looked_up_and_never_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = of_console.echarts_folder()
    assert folder is not None
    assert finders.find("echarts/index.js") == str(folder / "index.js")
    assert "echarts" in (folder / "index.js").read_text(), "the one name that is ours to use"
    assert "nicegui" not in sys.modules
    monkeypatch.setattr(of_console, "find_spec", lambda name: None)
    assert of_console.echarts_folder() is None


def test_a_package_without_the_file_is_no_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Found:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(of_console, "find_spec", lambda name: Found())
    assert of_console.echarts_folder() is None
