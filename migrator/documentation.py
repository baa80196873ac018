"""Where a page of the documentation is: a name in the repository, or an address when the package says its home.

The home is `Documentation` of `[project.urls]`, which whoever publishes the package sets; a made-up one leads nowhere.
"""

from functools import cache

_LABEL = "documentation"


@cache
def home() -> str:
    """Return the address of the documentation; empty when the package names none."""
    from importlib.metadata import PackageNotFoundError, metadata  # loads as much as a small parser

    try:
        named = metadata("migrator").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    pairs = (entry.partition(",") for entry in named)
    return next((url.strip().rstrip("/") for label, _, url in pairs if label.strip().lower() == _LABEL), "")


def place_of(page: str, heading: str = "") -> str:
    """Return where a page is, `docs/coupling.md#cpl001-coupled-change`, behind the home when there is one.

    Args:
        page: its file in `docs/`.
        heading: as it stands on the page; letters, digits, dashes and spaces.
    """
    anchor = f"#{heading.lower().replace(' ', '-')}" if heading else ""
    return f"{home() or 'docs'}/{page}{anchor}"
