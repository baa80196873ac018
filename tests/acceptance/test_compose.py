"""docker-compose.yml uses the sandbox's own init scripts, which every other test exercises, and its syntax is right."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

_ROOT = Path(__file__).parents[2]
_FILE = _ROOT / "docker-compose.yml"
_INIT = _ROOT / "migrator" / "sandbox" / "init"


def _services() -> dict[str, Any]:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))["services"]


def _mounted(service: dict[str, Any]) -> dict[str, Path]:
    """Return the service's mounts: path in the container -> path here."""
    pairs = [volume.split(":") for volume in service.get("volumes", [])]
    return {target: (_ROOT / source).resolve() for source, target, _ in pairs}


def test_has_a_primary_a_replica_and_an_application() -> None:
    assert list(_services()) == ["primary", "replica", "app"]


def test_every_mounted_file_exists_and_is_read_only() -> None:
    for service in _services().values():
        assert all(path.exists() for path in _mounted(service).values())
        assert all(volume.endswith(":ro") for volume in service["volumes"])


def test_every_init_file_of_the_sandbox_is_used() -> None:
    used = {path for service in _services().values() for path in _mounted(service).values() if path.parent == _INIT}
    assert used == set(_INIT.iterdir())


@pytest.mark.parametrize(
    ("service", "script"), [("primary", "settings.sh"), ("primary", "primary.sh"), ("replica", "replica.sh")]
)
def test_every_value_that_a_script_needs_is_given(service: str, script: str) -> None:
    needed = set(re.findall(r"\$\{?([A-Z][A-Z_]+)\b(?!:-)", (_INIT / script).read_text()))
    of_image = {"PGDATA", "PGPASSWORD"}  # PGDATA is set by the image, PGPASSWORD by the script itself
    assert needed
    assert needed - of_image <= set(_services()[service]["environment"])


def test_what_the_entrypoints_run_is_mounted() -> None:
    services = _services()
    assert services["replica"]["entrypoint"][1] in _mounted(services["replica"])
    folder = services["primary"]["environment"]["SANDBOX_INIT"]
    assert f"{folder}/server.conf" in _mounted(services["primary"])


def test_slots_of_the_primary_are_those_of_the_replicas() -> None:
    services = _services()
    assert services["primary"]["environment"]["REPLICAS"] == "1"
    assert services["replica"]["environment"]["REPLICA_NAME"] == "replica1"
    assert services["replica"]["environment"]["PRIMARY_HOST"] == "primary"


def test_ports_are_open_on_loopback_only() -> None:
    ports = [port for service in _services().values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_application_is_a_module_of_ours() -> None:
    named = re.findall(r"python -m ([\w.]+)", " ".join(_services()["app"]["command"]))
    assert len(named) == 1
    assert find_spec(named[0]) is not None


@pytest.mark.system
def test_docker_compose_accepts_the_file() -> None:
    program = shutil.which("docker-compose")
    if program is None and "CI" not in os.environ:
        pytest.skip("docker-compose is not installed; CI installs it")
    assert program is not None, "CI must have docker-compose: see .ci/run"
    answer = subprocess.run(
        [program, "--file", _FILE, "config", "--services"], capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    assert set(answer.stdout.split()) == set(_services())
