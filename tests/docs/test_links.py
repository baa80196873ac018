"""Links in the documentation lead somewhere, and commands that texts and messages name exist."""

import re
from pathlib import Path

import click
import pytest

from migrator.cli import root

_ROOT = Path(__file__).parents[2]
_PAGES = sorted([*_ROOT.glob("*.md"), *_ROOT.glob("docs/**/*.md")])
_TEXTS = [*_PAGES, *sorted((_ROOT / "migrator").rglob("*.py"))]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"`migrator ((?:[a-z][a-z-]+ ?)+)")


def _name(path: Path) -> str:
    return str(path.relative_to(_ROOT))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _CODE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_relative_links_lead_to_files_and_headings(page: Path) -> None:
    for link in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{_name(page)}: {link}"
        assert not anchor or anchor in anchors(target), f"{_name(page)}: {link}"


def test_the_readme_leads_to_every_page() -> None:
    linked = {(_ROOT / link.partition("#")[0]).resolve() for link in _LINK.findall((_ROOT / "README.md").read_text())}
    pages = [page for page in _PAGES if page.parent == _ROOT / "docs"]
    assert [_name(page) for page in pages if page not in linked] == []


def test_commands_that_are_named_exist() -> None:
    named = [(file, words) for file in _TEXTS for words in _COMMAND.findall(file.read_text(encoding="utf-8"))]
    assert len(named) > 300
    assert [f"{_name(file)}: {words}" for file, words in named if not _exists(words.split())] == []


def _exists(words: list[str]) -> bool:
    context = click.Context(root, info_name="migrator")
    command: click.Command = root
    for word in words:
        if not isinstance(command, click.Group):
            return True  # the rest are arguments
        found = command.get_command(context, word)
        if found is None:
            return False
        command = found
    return True
