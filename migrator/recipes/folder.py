"""Writing a rendered migration to disk: the whole folder appears at once, and nothing is ever overwritten."""

import shutil
import tempfile
from pathlib import Path

from migrator.errors import InputError
from migrator.recipes.recipe import Rendering


def write_folder(migrations: Path, migration_id: str, rendering: Rendering) -> tuple[Path, ...]:
    """Write the files to `migrations/<id>/` and return their paths.

    Raises:
        InputError: the folder exists, or cannot be written.
    """
    folder = migrations / migration_id
    try:
        migrations.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            raise InputError(f"{folder} exists already.", "Nothing was written. Remove it to render it again.")
        _write(folder, rendering)
    except OSError as exc:
        raise InputError(f"{folder} cannot be written: {exc}.", "Check the folder and its permissions.") from exc
    return tuple(folder / name for name in rendering.files)


def _write(folder: Path, rendering: Rendering) -> None:
    """A crash in between leaves a hidden folder without a migration.toml of ours in sight, never half a migration."""
    draft = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        draft.chmod(0o755)  # mkdtemp keeps others out, who must read a repository
        for name, text in rendering.files.items():
            (draft / name).write_text(text, encoding="utf-8", newline="\n")
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
