"""Citations: how a provision is written, how it is found in a text, and whether a quotation stands there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sekisho.rulebook import load_rulebook
from sekisho.rulebook.citations import Citation, CitationError, Passage, Statutes, check_citations, quote_found
from sekisho.rulebook.documents import Document, load_documents
from sekisho.rulebook.provision import NoTextError, citations_of

ACT = """関所の例に関する法律
令和8年法律第999号

## 第1章 総則

@ 第1条（目的）
この法律は、例を示すことを目的とする。

@ 第2条（例の管理）
管理者は、例を管理しなければならない。この場合において、管理者は、例を三箱に分けなければならない。ただし、急ぐときは、この限りでない。
2 管理者は、次に掲げる箱を備えなければならない。
　1 赤い箱
　2 青い箱（次に掲げるものに限る。）
　　イ 丸いもの
　　ロ 次に掲げる四角いもの
　　　（1） 大きいもの
　　　（2） 小さいもの
　2の2 白い箱
｜表の行｜続き｜
3 前項の箱は、毎日数える。

@ 第2条の2
前条の管理者は、次の各号のいずれかを守る。
　1 静けさ

# 附則（令和9年1月1日法律第1号）

@ 第1条（施行期日）
この法律は、公布の日から施行する。
　1 準備に関する規定 公布の前の日
"""

GUIDELINE = """例ガイドライン

@ Ⅱ-1 例
@ Ⅱ-1-1 意義
例は大切である。
@ Ⅱ-1-2 主な着眼点
⑴一般的な着眼点
①例を数えているか。
②例を次のとおり見ているか。
イ．朝
ロ．昼へ．夜
⑵管理上の着眼点
①上記⑴にかかわらず、箱を閉めているか。
（注1）箱とは赤い箱をいう。
（注2）鍵は二つとする。
・鍵の一つは金庫に置く場合⑶保管
箱は棚に置く。
"""


def _document(key: str, file: str | None, part: str | None = None) -> Document:
    return Document(key, key, key, None, "act", None, None, file, part)


@pytest.fixture
def statutes(tmp_path: Path) -> Statutes:
    (tmp_path / "act.txt").write_text(ACT, encoding="utf-8")
    (tmp_path / "guide.txt").write_text(GUIDELINE, encoding="utf-8")
    documents = {
        "ACT": _document("ACT", "act.txt"),
        "GUIDE": _document("GUIDE", "guide.txt"),
        "AMEND": _document("AMEND", "act.txt", "附則（令和9年1月1日法律第1号）"),
        "REPORT": _document("REPORT", None),
        "LOST": _document("LOST", "lost.txt"),
    }
    return Statutes.open(tmp_path, documents)


@pytest.mark.parametrize(
    ("provision", "japanese"),
    [
        ("63-11(2)", "第63条の11第2項"),
        ("26(1)(vi)", "第26条第1項第6号"),
        ("26(1)(6)", "第26条第1項第6号"),
        ("197(1)(iv-3)", "第197条第1項第4号の3"),
        ("63-9-3(iv)", "第63条の9の3第4号"),
        ("23(2)(i)イ(2)", "第23条第2項第1号イ(2)"),
        ("63-11(2)後段", "第63条の11第2項後段"),
        ("附則 1(ii)", "附則第1条第2号"),
        ("Ⅱ-2-2-3-2(3)④ 注2", "Ⅱ-2-2-3-2(3)④注2"),
        ("Ⅱ-2-2-3-2⑶ⓛ", "Ⅱ-2-2-3-2(3)①"),
    ],
)
def test_a_provision_reads_as_japanese_drafting_writes_it(provision: str, japanese: str) -> None:
    assert Citation.parse("ACT", provision).japanese == japanese


@pytest.mark.parametrize(
    ("provision", "why"),
    [
        ("185-22 to 185-24", "written? ranges"),
        ("185-22〜185-24", "ranges"),
        ("Article 5", "no article"),
        ("5(2)foo", "not understood"),
        ("5イ", "must follow an item"),
        ("5(1)(i)(ii)", "too deep"),
        ("Ⅱ-1(iv)", "not a number of a guideline"),
        ("1(1); 2(1)", "several"),
    ],
)
def test_what_cannot_be_one_provision_is_refused(provision: str, why: str) -> None:
    with pytest.raises(CitationError, match=why.removeprefix("written? ")):
        Citation.parse("ACT", provision)


def test_a_semicolon_separates_provisions() -> None:
    assert [c.japanese for c in citations_of("ACT", "1(1); 2(2)(i)")] == ["第1条第1項", "第2条第2項第1号"]


@pytest.mark.parametrize(
    ("document", "provision", "starts", "ends"),
    [
        ("ACT", "1", "この法律は、例を示す", "目的とする。"),
        ("ACT", "2(1)", "管理者は", "この限りでない。"),
        ("ACT", "2(1)前段", "管理者は", "管理しなければならない。"),
        ("ACT", "2(1)後段", "この場合において", "この限りでない。"),
        ("ACT", "2(1)ただし書", "ただし、急ぐ", "限りでない。"),
        ("ACT", "2(2)(i)", "2 管理者は、次に掲げる箱", "1 赤い箱"),
        ("ACT", "2(2)(ii)ロ", "2 管理者は", "（2） 小さいもの"),
        ("ACT", "2(2)(ii)ロ(1)", "2 管理者は", "（1） 大きいもの"),
        ("ACT", "2(2)(ii-2)", "2 管理者は", "｜表の行｜続き｜"),
        ("ACT", "2(3)", "3 前項の箱", "数える。"),
        ("ACT", "2-2(i)", "前条の管理者", "1 静けさ"),
        ("AMEND", "附則 1", "この法律は、公布", "公布の前の日"),
        ("AMEND", "附則 1(i)", "この法律は、公布", "公布の前の日"),
        ("GUIDE", "Ⅱ-1", "例は大切", "箱は棚に置く。"),
        ("GUIDE", "Ⅱ-1-2(1)", "⑴一般的", "へ．夜"),
        ("GUIDE", "Ⅱ-1-2(1)②ロ", "⑴一般的", "ロ．昼"),
        ("GUIDE", "Ⅱ-1-2(1)②ヘ", "⑴一般的", "へ．夜"),
        ("GUIDE", "Ⅱ-1-2(2)①", "⑵管理上", "置く場合"),
        ("GUIDE", "Ⅱ-1-2(2)① 注1", "⑵管理上", "赤い箱をいう。"),
        ("GUIDE", "Ⅱ-1-2(2) 注2", "⑵管理上", "置く場合"),
        ("GUIDE", "Ⅱ-1-2⑶", "⑶保管", "棚に置く。"),
    ],
)
def test_a_citation_finds_its_passage(statutes: Statutes, document: str, provision: str, starts: str, ends: str) -> None:
    passage = statutes.resolve(Citation.parse(document, provision))
    assert passage.text.startswith(starts)
    assert passage.text.endswith(ends)


def test_the_heading_names_document_provision_and_title(statutes: Statutes) -> None:
    assert statutes.resolve(Citation.parse("ACT", "2(2)(i)")).heading == "ACT 第2条第2項第1号（例の管理）"


@pytest.mark.parametrize(
    ("document", "provision", "why"),
    [
        ("ACT", "9(1)", "no such article or section in act.txt"),
        ("ACT", "2(4)", "'4' is not in the text; there is 1, 2, 3"),
        ("ACT", "2(2)(iii)", "'3' is not in the text; there is 1, 2, 2-2"),
        ("ACT", "2(i)", "3 paragraphs; say which"),
        ("ACT", "1(1)後段", "has no 後段"),
        ("ACT", "附則 1", "by their own act"),
        ("GUIDE", "Ⅱ-1-2(2)②", "'②' is not in the text"),
        ("LOST", "1", r"lost\.txt: no such text"),
        ("NONE", "1", "no such document"),
    ],
)
def test_what_is_missing_is_named(statutes: Statutes, document: str, provision: str, why: str) -> None:
    with pytest.raises(CitationError, match=why):
        statutes.resolve(Citation.parse(document, provision))


def test_articles_of_an_act_known_only_by_its_supplementary_provisions_have_no_text(statutes: Statutes) -> None:
    with pytest.raises(NoTextError, match="only the 附則"):
        statutes.resolve(Citation.parse("AMEND", "35-2"))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CitationError, match="no such folder"):
        Statutes.open(tmp_path / "nowhere")


def test_a_quotation_must_stand_word_for_word() -> None:
    passage = Passage("", "管理者は、次に掲げる箱を\n備えなければならない。\n1 赤い箱")
    assert quote_found(passage, "次に掲げる箱を備えなければならない。")
    assert quote_found(passage, "管理者は、…赤い箱")
    assert not quote_found(passage, "赤い箱…管理者は")
    assert not quote_found(passage, "管理者は、箱を備え")
    assert not quote_found(passage, " … ")


@dataclass(frozen=True)
class _Citing:
    path: str
    cited: tuple[tuple[str, str | None, str | None], ...]

    @property
    def citations(self) -> Iterator[tuple[str, str | None, str | None]]:
        return iter(self.cited)


def test_every_citation_of_a_rule_is_reported_once(statutes: Statutes) -> None:
    rule = _Citing(
        "boxes/counting",
        (
            ("ACT", "2(3)", "毎日数える"),
            ("ACT", "2(3)", "毎週数える"),
            ("ACT", "2(1); 2(3)", "分けなければならない。…毎日数える"),
            ("ACT", "7", None),
            ("ACT", None, None),
            ("REPORT", "page 3", None),
            ("AMEND", None, None),
        ),
    )
    results = check_citations([rule], statutes)
    assert [(r.citation, r.resolved, r.quote_found) for r in results] == [
        ("ACT 2(3)", True, True),
        ("ACT 2(3)", True, False),
        ("ACT 2(1)", True, True),
        ("ACT 2(3)", True, True),
        ("ACT 7", False, None),
        ("ACT", False, None),
        ("REPORT page 3", None, None),
        ("AMEND", None, None),
    ]
    assert [r.ok for r in results] == [True, False, True, True, False, False, True, True]
    assert "毎週数える" in results[1].why


def test_every_document_says_where_it_can_be_read() -> None:
    documents = load_documents()
    assert {"PSA", "CAO", "FIEA", "FIB", "APTCP", "G16", "ACT64", "WGR", "JVCEA", "SEKISHO"} <= set(documents)
    for document in documents.values():
        assert document.title_en
        assert document.title_ja
        assert document.kind == "project" or (document.url or "").startswith("https://"), document.key
        assert document.statute_file is None or document.text_as_at is not None, document.key


LISTED = {
    "PSA": "63-8; 63-9; 63-11(1); 63-11(2); 63-11(3); 63-11-2(1); 63-15; 63-16; 63-17; 63-19-2; 108(v); 108(vi); 115(1)(i)",
    "CAO": "9(1); 9(1)(ii); 20(viii); 20(ix); 20(x); 20(xi); 20(xii); 23(1)(viii)イ; 23(2)(iv); 23(3); 26(1)(ii); 26(1)(iv); "
    "26(1)(vi); 26(1)(xiv); 26(1)(xv); 26(2); 27(1); 27(2); 27(3)(i); 27(3)(ii); 28; 29; 30",
    "G16": "Ⅱ-2-2-3-2(2)⑤; Ⅱ-2-2-3-2(3)③ 注; Ⅱ-2-2-3-2(3)④; Ⅱ-2-2-3-2(3)④ 注2; Ⅱ-2-2-3-2(3)⑤; Ⅱ-2-2-3-2(3)⑤ 注1; "
    "Ⅱ-2-2-3-2(3)⑥; Ⅱ-2-2-3-2(3)⑦; Ⅱ-2-2-3-2(3)⑧; Ⅱ-2-2-3-2(4) 注; Ⅱ-2-2-4-2(3)①; Ⅱ-2-2-4-2(3)②イ; Ⅱ-2-2-4-2(3)②ト; "
    "Ⅱ-2-2-4-2(4); Ⅱ-2-2-1-2(10); Ⅱ-2-2-1-2(10)②ハ; Ⅱ-2-2-1-2(11); Ⅱ-2-2-1-2(12); Ⅱ-2-2-1-2(13)③; Ⅱ-2-1-3-2(5)④; Ⅲ-2-3",
    "FIEA": "2(24)(iii-2); 46-6(1); 46-6(2); 46-6(3); 53(1); 53(2); 53(3); 185-22(1)(i); 185-22(1)(iii); 185-23(1); 185-24(1)(i); "
    "185-24(1)(iii); 185-24(1)(iv); 185-24(1)(viii); 185-24(1)(ix); 185-24(2)(i); 185-24(2)(ii); 185-24(2)(iii); "
    "197(1)(iv-3); 197(1)(vi); 197(2)(ii); 198-2; 207(1)(i); 160",
    "FIEA-O": "15-7(1); 15-7(1)(iii); 15-9; 15-11",
    "FIB": "117(1)(x); 176(1)(vii); 176(1)(vii)ニ; 177(1)(vi); 178(1); 178(2); 179(1); 179(2); 179(3); 179(4)(ii); "
    "179(5); 179(6); 180",
    "APTCP": "10-5",
    "APTCP-R": "31-7",
    "ACT64": "附則 1; 附則 1(ii); 附則 1(iv)",
}  # fmt: skip


@pytest.mark.parametrize("document", list(LISTED))
def test_custody_manipulation_and_capital_provisions_resolve_in_the_real_texts(shared_data: Path, document: str) -> None:
    statutes = Statutes.open(shared_data / "law")
    for citation in citations_of(document, LISTED[document]):
        assert statutes.resolve(citation).text, citation.provision


def test_the_five_percent_stands_where_it_is_cited(shared_data: Path) -> None:
    passage = Statutes.open(shared_data / "law").resolve(Citation.parse("CAO", "27(2)"))
    assert quote_found(
        passage, "その管理する利用者の暗号資産の数量を本邦通貨に換算した金額に100分の5を乗じて得た金額を超えない場合に限る。"
    )


def test_every_rule_cites_what_exists(shared_data: Path) -> None:
    results = check_citations(load_rulebook().rules.values(), Statutes.open(shared_data / "law"))
    assert not [f"{r.rule}: {r.citation}: {r.why}" for r in results if not r.ok]
