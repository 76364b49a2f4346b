"""What is written for people: tables that end, and links that lead somewhere."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "resources").rglob("*.md"),
    *(ROOT / "models_onnx").rglob("*.md"),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def lines(page: Path) -> list[str]:
    """Without what stands in fences."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return text.split("\n")


def anchors(page: Path) -> set[str]:
    """As Markdown viewers make them of headings."""
    said = (line.lstrip("#").strip().lower() for line in lines(page) if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in said}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_words_are_taken_for_a_table_s_last_row(page: Path) -> None:
    text = lines(page)
    wrong = [
        below
        for above, below in pairwise(text)
        if above.startswith("|") and below.strip() and not below.startswith("|")
    ]
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall("\n".join(lines(page))):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
