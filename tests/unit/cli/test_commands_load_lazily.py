"""Loading a command, as `--help` and the shell's completion do, imports nothing of what it will need to run."""

import subprocess
import sys

_CODE = """
import sys
from importlib import import_module
from migrator.cli import COMMANDS
for name, (place, _) in COMMANDS.items():
    import_module(place.partition(":")[0])
    for heavy in {"psycopg", "postgast", "pydantic", "sqlglot", "httpx", "rich"} & set(sys.modules):
        sys.exit(f"{name} loads {heavy}")
"""


def test_no_command_loads_the_driver_the_grammar_or_the_models() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
