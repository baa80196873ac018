"""The examples for schedulers: they parse, and what they run is what the command line takes."""

import configparser
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from migrator.cli import root
from migrator.cli.exits import MEANINGS, STOPPED

_EXAMPLES = Path(__file__).parents[2] / "examples"
_KUBERNETES = sorted((_EXAMPLES / "kubernetes").glob("*.yaml"))
_SYSTEMD = sorted((_EXAMPLES / "systemd").glob("*"))


def _documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def _job_specs(path: Path) -> Iterator[dict[str, Any]]:
    for document in _documents(path):
        if document["kind"] == "Job":
            yield document["spec"]
        elif document["kind"] == "CronJob":
            yield document["spec"]["jobTemplate"]["spec"]


def _unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign] keys of systemd have capitals
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def _commands() -> dict[str, list[str]]:
    found = {
        path.name: container["command"][1:] + container["args"]
        for path in _KUBERNETES
        for spec in _job_specs(path)
        for container in spec["template"]["spec"]["containers"]
    }
    for path in _SYSTEMD:
        if path.suffix == ".service":
            found[path.name] = shlex.split(_unit(path)["Service"]["ExecStart"])[1:]
    return found


def test_there_are_a_job_a_cron_job_and_a_timer() -> None:
    kinds = {document["kind"] for path in _KUBERNETES for document in _documents(path)}
    assert kinds >= {"Job", "CronJob"}
    assert {path.suffix for path in _SYSTEMD} == {".service", ".timer"}


@pytest.mark.parametrize("name", _commands())
def test_the_command_line_takes_what_they_run(name: str) -> None:
    words = _commands()[name]
    command: click.Command = root
    context = click.Context(root)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
    with command.make_context("run", list(words)) as parsed:
        assert parsed.params["migration_id"]


@pytest.mark.parametrize("path", _KUBERNETES, ids=lambda path: path.name)
def test_exit_codes_are_ours_and_each_is_decided_once(path: Path) -> None:
    for spec in _job_specs(path):
        pod = spec["template"]["spec"]
        assert pod["restartPolicy"] == "Never", "a pod failure policy asks for it"
        assert pod["terminationGracePeriodSeconds"] >= 30
        codes = [rule["onExitCodes"] for rule in spec["podFailurePolicy"]["rules"] if "onExitCodes" in rule]
        decided = [code for rule in codes for code in rule["values"]]
        assert len(set(decided)) == len(decided)
        assert set(decided) <= set(MEANINGS)
        assert STOPPED in decided
        assert {rule["containerName"] for rule in codes} <= {container["name"] for container in pod["containers"]}


@pytest.mark.parametrize("path", _KUBERNETES, ids=lambda path: path.name)
def test_metrics_and_probes_meet_the_port_that_is_served(path: Path) -> None:
    for spec in _job_specs(path):
        annotations = spec["template"]["metadata"]["annotations"]
        [container] = spec["template"]["spec"]["containers"]
        words = container["args"]
        port = words[words.index("--metrics-port") + 1]
        assert words[words.index("--metrics-address") + 1] == "0.0.0.0", "the kubelet asks from outside of the pod"  # noqa: S104 it is a manifest's
        assert container["ports"] == [{"name": "metrics", "containerPort": int(port)}]
        assert (annotations["prometheus.io/scrape"], annotations["prometheus.io/port"]) == ("true", port)
        probes = [container[name]["httpGet"] for name in ("startupProbe", "livenessProbe") if name in container]
        assert probes
        assert {(probe["path"], probe["port"]) for probe in probes} == {("/metrics", "metrics")}


def test_a_scheduled_run_ends_before_its_deadline_and_never_runs_twice() -> None:
    [cron] = [d for path in _KUBERNETES for d in _documents(path) if d["kind"] == "CronJob"]
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"
    spec = cron["spec"]["jobTemplate"]["spec"]
    words = spec["template"]["spec"]["containers"][0]["args"]
    minutes = int(words[words.index("--max-runtime") + 1].removesuffix("m"))
    grace = spec["template"]["spec"]["terminationGracePeriodSeconds"]
    assert minutes * 60 + grace < spec["activeDeadlineSeconds"] < 3600


def test_systemd_takes_75_for_success_and_waits_for_the_batch() -> None:
    [service] = [_unit(path)["Service"] for path in _SYSTEMD if path.suffix == ".service"]
    assert int(service["SuccessExitStatus"]) == STOPPED
    assert service["KillSignal"] == "SIGTERM"
    assert int(service["TimeoutStopSec"]) >= 30
