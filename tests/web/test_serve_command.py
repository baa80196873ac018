"""`migrator serve` as a process: where it listens, how it ends, and that nobody else pays for it."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from migrator.pg.connection import connect
from tests.acceptance.person import Person, person_of
from tests.fix_app import RENAME, make_shop
from tests.fix_server import Database, wait_until

_WEB = ("starlette", "uvicorn", "jinja2", "anyio", "migrator.web")


@pytest.fixture
def dana(one_database: Database, tmp_path: Path) -> Person:
    make_shop(one_database, tmp_path).render_rename()
    return person_of(one_database, tmp_path)


def _start(dana: Person, *options: str) -> tuple["subprocess.Popen[str]", str]:
    process = dana.start("serve", "--port", "0", *options)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    return process, url


def test_sigterm_ends_it_within_seconds(dana: Person) -> None:
    process, url = _start(dana)
    assert url.startswith("http://127.0.0.1:"), process.communicate()
    assert httpx.get(f"{url}/gate/{RENAME}/expand", timeout=30).status_code == 200
    process.send_signal(signal.SIGTERM)
    process.wait(15)
    assert "stopping" in dana.finish(process, exits=0).stderr


def test_sigterm_ends_looks_that_wait(dana: Person) -> None:
    """A look that waits for a lock holds a thread, and a process waits for its threads."""
    process, url = _start(dana)
    with connect(dana.dsn, application_name="holder") as holder, httpx.Client(timeout=60) as client:
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE migrator.migration IN ACCESS EXCLUSIVE MODE")
        code = f"import httpx; httpx.get('{url}/gate/{RENAME}/expand', timeout=60)"
        asker = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'migrator/serve'"
        wait_until(lambda: dana.value(f"{ours} AND wait_event_type = 'Lock'") == 1, "the look waits")
        assert client.get(f"{url}/healthz").status_code == 200
        process.send_signal(signal.SIGTERM)
        process.wait(9)
        asker.wait(30)
    dana.finish(process, exits=0)


def test_a_port_that_is_taken_and_a_bad_token_are_refused(dana: Person) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "cannot be listened on" in dana.migrator("serve", "--port", port, exits=2).stderr
    assert "cannot be read" in dana.migrator("serve", "--token-file", "nowhere", exits=2).stderr


def test_a_host_that_others_reach_is_told(dana: Person) -> None:
    process, url = _start(dana, "--host", "0.0.0.0")  # noqa: S104 that is the point
    assert url.startswith("http://0.0.0.0:")
    process.send_signal(signal.SIGINT)
    assert "Everybody who can reach" in dana.finish(process, exits=0).stderr


def test_without_the_extra_it_says_what_to_install(dana: Person) -> None:
    hide = dana.folder / "hidden" / "sitecustomize.py"
    hide.parent.mkdir()
    hide.write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, package=None: None if name == 'starlette' else find(name, package)\n"
    )
    root = str(Path(__file__).parents[2])
    told = dana.finish(dana.start("serve", PYTHONPATH=f"{hide.parent}:{root}"), 2).stderr
    assert 'pip install "migrator[web]"' in told


@pytest.mark.parametrize("command", [["--help"], ["serve", "--help"], ["status"], ["gate", RENAME]])
def test_nobody_else_loads_the_web(dana: Person, command: list[str]) -> None:
    code = (
        "import sys\nfrom migrator.cli import root\nfrom migrator.cli.context import Session\n"
        "try:\n    root(sys.argv[1:], standalone_mode=False)\n"
        f"finally:\n    print('loaded', sorted(name for name in {_WEB!r} if name in sys.modules))"
    )
    environment = {"MIGRATOR_DSN": dana.dsn, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        [sys.executable, "-c", code, *command],
        capture_output=True,
        text=True,
        cwd=dana.folder,
        env=environment,
        check=False,
    )
    assert ran.stdout.splitlines()[-1] == "loaded []", ran.stderr
