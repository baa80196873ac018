"""The reference pages, written from the code: `make docs` writes them, `make check` and a test find stale ones.

    python -m tests.docs.generate            write docs/*.md
    python -m tests.docs.generate --check    name the pages that are not as the code is; exit 1 when there are any

Each page is a function here or beside; a page never says what the code does not say itself.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.docs.command_page import commands
from tests.docs.fact_pages import exit_codes, gates, metrics, rules, throttles
from tests.docs.model_pages import manifest, recipes, settings

FOLDER = Path(__file__).parents[2] / "docs"
_COMMAND = "python -m tests.docs.generate"
_NOTE = f"<!-- Generated from the code by `{_COMMAND}` (`make docs`): do not edit. -->"

PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": commands,
    "settings.md": settings,
    "manifest.md": manifest,
    "recipes.md": recipes,
    "gates.md": gates,
    "throttles.md": throttles,
    "rules.md": rules,
    "metrics.md": metrics,
    "exit-codes.md": exit_codes,
}


def page(name: str) -> str:
    """Return the text that the page must have."""
    return f"{_NOTE}\n{PAGES[name]().rstrip()}\n"


def stale() -> list[str]:
    """Return the names of pages that are missing or not as the code is."""
    return [name for name in PAGES if _read(FOLDER / name) != page(name)]


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name the stale ones; return the exit code."""
    found = stale()
    for name in found:
        if "--check" in arguments:
            print(f"docs/{name} is stale: run `make docs` and commit it.")  # noqa: T201 a command's output
        else:
            (FOLDER / name).write_text(page(name), encoding="utf-8")
            print(f"docs/{name} written")  # noqa: T201 a command's output
    return 1 if found and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
