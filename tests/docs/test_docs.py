"""The documentation cannot lag: every rule, table, column, command and reason has its place in the reference."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from sekisho.engine.answers import Outcome
from sekisho.records import TABLES
from sekisho.rulebook import load_rulebook
from sekisho.rulebook.framework import load_framework

pytestmark = pytest.mark.long

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(generate: ModuleType) -> dict[str, str]:
    return dict(generate.pages())


def test_every_rule_has_its_page(pages: dict[str, str]) -> None:
    for path, rule in load_rulebook().rules.items():
        page = pages[f"rules/{path}.md"]
        assert rule.title.en in page
        assert rule.title.ja in page
        assert rule.hash in page
        assert f"rules/{path}.md" in pages["rules.md"]


def test_a_rules_page_quotes_the_japanese_sentence_it_rests_on(pages: dict[str, str]) -> None:
    for path, rule in load_rulebook().rules.items():
        for holding in rule.holdings:
            for provision in holding.provisions:
                if provision.quote:
                    assert provision.quote.strip() in pages[f"rules/{path}.md"], (path, provision.provision)


def test_a_rules_page_shows_its_values_sentences_and_worked_examples(pages: dict[str, str]) -> None:
    for path, rule in load_rulebook().rules.items():
        page = pages[f"rules/{path}.md"]
        for name in rule.parameters:
            assert f"### `{name}`" in page
        for text in rule.sentences.values():
            assert text.en in page
            assert text.ja in page
        for text in (*filter(None, [rule.client]), *rule.warnings.values()):
            assert f"{text.en}\n{text.ja}" in page
        cases = rule.folder / "cases.yaml"
        if cases.exists():
            written = yaml.safe_load(cases.read_text(encoding="utf-8"))
            assert page.count("??? example") == len(written), path


def test_every_table_and_column_is_described(pages: dict[str, str]) -> None:
    sections = re.split(r"^## ", pages["tables.md"], flags=re.MULTILINE)
    by_name = {section.split(" ", 1)[0]: section for section in sections[1:]}
    assert set(by_name) == set(TABLES)
    for name, table in TABLES.items():
        for column in table.columns:
            assert f"| `{column.name}` |" in by_name[name], f"{name}.{column.name}"


def test_every_command_and_option_is_described(pages: dict[str, str], generate: ModuleType) -> None:
    names = [name for name, _ in generate._leaves()]
    assert {"inspect", "compare", "rules list", "rules cite"} <= set(names)
    sections = dict(re.findall(r"^## sekisho (.+?) \{.*?\}\n(.*?)(?=^## |\Z)", pages["commands.md"], re.MULTILINE | re.DOTALL))
    assert sorted(sections) == sorted(names)
    for name, command in generate._leaves():
        assert command.help, name
        for parameter in command.params:
            if parameter.param_type_name == "option" and not parameter.hidden and parameter.name != "help":
                assert parameter.opts[0] in sections[name], f"{name} {parameter.opts[0]}"


def test_every_reason_has_its_section_in_order_of_precedence(pages: dict[str, str]) -> None:
    page = pages["reasons.md"]
    places = [page.index(f"**{outcome.name}**") for outcome in sorted(Outcome)]
    assert places == sorted(places)
    for path, rule in load_rulebook().rules.items():
        if "decide" in rule.questions:
            for name in rule.sentences:
                assert f"### {path} · {name}" in page


def test_everything_the_framework_asks_for_is_listed(pages: dict[str, str]) -> None:
    for asked in load_framework():
        assert f"**{asked.id} " in pages["coverage.md"]
        assert asked.sentence.ja in pages["coverage.md"]


def test_writing_twice_changes_nothing_and_stale_pages_go(generate: ModuleType, tmp_path: Path) -> None:
    generate.write_reference(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.md")}
    (tmp_path / "rules" / "gone.md").write_text("old", encoding="utf-8")
    generate.write_reference(tmp_path)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.md")} == before


def test_every_dependency_says_why_it_is_there() -> None:
    told = (DOCS / "decisions" / "0007-every-dependency-has-its-reason.md").read_text(encoding="utf-8")
    project = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    declared = re.findall(r'"([A-Za-z][A-Za-z0-9-]*)(?:\[[a-z]+\])?(?:>=|==)', project)
    assert len(declared) > 10
    for name in declared:
        assert name in told, f"{name} has no line in decision 7"


def test_every_decision_is_half_a_page_and_listed() -> None:
    index = (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")
    for page in sorted((DOCS / "decisions").glob("0*.md")):
        text = page.read_text(encoding="utf-8")
        assert page.name in index
        assert text.startswith(f"# {int(page.name[:4])}. ")
        assert len(text.replace("|", " ").split()) < 350, page.name


def test_the_site_builds_strictly_and_asks_nobody_for_anything(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="MkDocs is not installed: make docs")
    pytest.importorskip("material", reason="Material for MkDocs is not installed: make docs")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    for page in tmp_path.rglob("*.html"):
        loaded = re.findall(r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="?(https?:)', page.read_text(encoding="utf-8"))
        assert not loaded, page.name
    assert (tmp_path / "reference" / "rules.html").is_file()
    assert not list(tmp_path.rglob("*.py"))
