"""`migrator` in processes of its own, without the quarter of a second that each would import for.

`run` asks a process that has imported everything to fork; the child gets the folder, environment, input and outputs
asked for and goes through `migrator.cli.main`, as `python -m migrator` does. What is about starting or ending itself,
signals or terminals uses `subprocess` (`tests/acceptance/person.py`, `start`).
"""

import atexit
import gc
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[1]
_LONGEST_SECONDS = 150


class ForkServer:
    """The process that forks; one per worker of the suite."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.forked"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.close)

    def run(
        self, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], given: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end."""
        with tempfile.TemporaryDirectory() as name:
            files = {part: str(Path(name) / part) for part in ("stdin", "stdout", "stderr")}
            Path(files["stdin"]).write_bytes(given)
            asked = {"arguments": arguments, "folder": str(folder), "environment": dict(environment), **files}
            code = self._asked(asked)
            out, err = (Path(files[part]).read_bytes() for part in ("stdout", "stderr"))
        return subprocess.CompletedProcess(["migrator", *arguments], code, out, err)

    def _asked(self, asked: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


_server = cache(ForkServer)


def run(
    *arguments: str, folder: Path, environment: Mapping[str, str], given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run `migrator` with these arguments, this environment and nothing else, and this text on its stdin."""
    return _server().run(arguments, folder, environment, given)


def _serve() -> None:
    import migrator

    for module in pkgutil.walk_packages(migrator.__path__, "migrator."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    gc.freeze()  # a collection in a child would copy the memory that it shares with this process
    while line := sys.stdin.readline():
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(_waited(child))}\n")
        sys.stdout.flush()


def _waited(child: int) -> int:
    def give_up(_number: int, _frame: object) -> None:
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(_LONGEST_SECONDS)
    try:
        return os.waitpid(child, 0)[1]
    finally:
        signal.alarm(0)


def _become(asked: dict[str, Any]) -> NoReturn:
    """Be the command, up to its end; what the interpreter does after that would take longer than most commands."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for number, (part, mode) in enumerate((("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY), ("stderr", os.O_WRONLY))):
        file = os.open(asked[part], mode | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, number)
        os.close(file)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["migrator", *asked["arguments"]]
    code: object = 1
    try:
        from migrator.cli import main

        main()
    except SystemExit as exc:
        code = exc.code
    except BaseException:  # noqa: BLE001 as the interpreter would
        traceback.print_exc()
    with suppress(OSError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    _serve()
