"""The documents: links lead somewhere, decisions have no gaps, no kind and no dependency is left unexplained."""

import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest

from vision.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
NOT_OURS = {"node_modules", "dist", "var", "build"}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
DECISIONS = ROOT / "docs" / "decisions"


def pages() -> list[Path]:
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(page for page in found if not any(p in NOT_OURS or p.startswith(".") for p in page.parts))


def local_links(text: str) -> list[str]:
    """Return the targets in a page that lie in this tree, without anchors."""
    targets = (unquote(target.split("#")[0]) for target in LINK.findall(FENCE.sub("", text)))
    return [target for target in targets if target and not re.match(r"[a-z]+:", target)]


def test_links_are_read_as_a_reader_would() -> None:
    text = "[a](b.md#c) ![p](d/e.png) [w](https://x.y/z) [here](#top)\n```\n[no](nothing.md)\n```\n[f](g%20h.md)"
    assert local_links(text) == ["b.md", "d/e.png", "g h.md"]


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    folder = (ROOT / page).parent
    assert [target for target in local_links((ROOT / page).read_text("utf-8")) if not (folder / target).exists()] == []


def test_the_glossary_names_every_kind_as_the_catalogue_does() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    rows = [f"| `{k.name}` | {k.zh} | {k.en} | {k.family} |" for k in load_catalogue().kinds.values()]
    assert [row for row in rows if row not in glossary] == []


def test_decisions_are_numbered_without_gaps_and_listed_in_order() -> None:
    names = sorted(path.name for path in DECISIONS.glob("*.md") if path.name != "README.md")
    assert [name[:5] for name in names] == [f"{number:04}-" for number in range(1, len(names) + 1)]
    assert LINK.findall((DECISIONS / "README.md").read_text("utf-8")) == names


@pytest.mark.parametrize("path", sorted(DECISIONS.glob("0*.md")), ids=lambda path: path.name)
def test_a_decision_has_its_parts_and_fits_a_page(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith(f"# {path.name[:4]} ")
    assert lines[1].startswith("Status: ")
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
    assert len(lines) <= 60


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "design").glob("*.md")), ids=lambda path: path.name)
def test_a_design_page_states_goals_and_invariants(path: Path) -> None:
    text = path.read_text("utf-8")
    parts = ["\nStatus: ", "\n## Goals", "\n## Non-goals", "\n## Invariants", "\n## Alternatives"]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_every_runtime_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    explained = (DECISIONS / "0002-dependencies.md").read_text("utf-8")
    names = [re.split(r"[\[=<>~ ]", line)[0] for line in project["dependencies"]]
    assert names
    assert [name for name in names if not re.search(rf"^\|[^|]*\b{re.escape(name)}\b", explained, re.MULTILINE)] == []


def test_the_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
