"""Finding the configuration file, without reading it: `migrator lint` pays for pydantic only when there is one."""

from pathlib import Path


def find_file(start: Path) -> Path | None:
    """Walk up from `start` to the git root and return the first configuration file."""
    for folder in (start, *start.parents):
        if (folder / "migrator.toml").is_file():
            return folder / "migrator.toml"
        pyproject = folder / "pyproject.toml"
        if pyproject.is_file() and "[tool.migrator" in pyproject.read_text(encoding="utf-8", errors="replace"):
            return pyproject
        if (folder / ".git").exists():
            return None
    return None
