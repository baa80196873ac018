"""What `migrator.config` offers is imported when it is asked for; nothing of it may be missing."""

import subprocess
import sys

from migrator import config


def test_every_name_is_there() -> None:
    for name in config.__all__:
        assert getattr(config, name).__name__ in {name, "Annotated"}


def test_one_section_does_not_load_the_others() -> None:
    code = "import sys, migrator.config.coupling; print(sorted(n for n in sys.modules if n.startswith('migrator.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "migrator.config.settings" not in done.stdout
    assert "migrator.config.gates" not in done.stdout
