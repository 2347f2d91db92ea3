"""Styles and scripts over the wire: compressed once for who takes it, whole for who does not, and as they lie in the folder."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

STYLE = "desk/desk.css"


def lies(name: str) -> bytes:
    found = finders.find(name)
    assert isinstance(found, str)
    return Path(found).read_bytes()


def body(answer: object) -> bytes:
    return b"".join(answer) if getattr(answer, "streaming", False) else answer.content  # type: ignore[attr-defined, call-overload, no-any-return]


@pytest.mark.parametrize("name", [STYLE, "desk/desk.js", "uplot/uPlot.iife.js"])
def test_text_goes_out_compressed_with_its_length(name: str) -> None:
    client = Client(headers={"Accept-Encoding": "gzip, br"})
    for _again in range(2):
        answer = client.get(f"/static/{name}")
        assert (answer.status_code, answer["Content-Encoding"], answer["Vary"]) == (200, "gzip", "Accept-Encoding")
        assert int(answer["Content-Length"]) == len(answer.content) < len(lies(name)) / 2
        assert gzip.decompress(answer.content) == lies(name)


def test_who_does_not_take_it_gets_the_file_and_is_told_that_it_depends() -> None:
    answer = Client().get(f"/static/{STYLE}")
    assert (answer.has_header("Content-Encoding"), answer["Vary"], body(answer)) == (False, "Accept-Encoding", lies(STYLE))


def test_asking_for_the_head_for_a_piece_or_for_news_sends_nothing_compressed() -> None:
    client = Client(headers={"Accept-Encoding": "gzip"})
    head = client.head(f"/static/{STYLE}")
    assert (int(head["Content-Length"]), body(head)) == (len(lies(STYLE)), b"")
    piece = client.get(f"/static/{STYLE}", headers={"Range": "bytes=0-99"})
    assert (piece.status_code, piece.has_header("Content-Encoding"), body(piece)) == (206, False, lies(STYLE)[:100])
    known = client.get(f"/static/{STYLE}")["ETag"]
    news = client.get(f"/static/{STYLE}", headers={"If-None-Match": known})
    assert (news.status_code, body(news)) == (304, b"")


def test_a_file_that_is_not_there_is_not_found() -> None:
    assert Client(headers={"Accept-Encoding": "gzip"}).get("/static/desk/nothing.css").status_code in (302, 404)
