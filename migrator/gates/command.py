"""Gate `command`: a program of your own agrees: exit code 0 is open, 1 is closed, every other is unknown.

`[gates.command] argv` is the program; the migration and the phase are in its environment as MIGRATOR_MIGRATION and
MIGRATOR_PHASE. The last line that it prints is the reason. A program that takes too long is ended, and is unknown.
"""

import os
import subprocess

from migrator.config import format_duration
from migrator.gates.gate import GateQuestion, GateResult, GateStatus

NAME = "command"

_LONGEST_REASON = 300


def evaluate(question: GateQuestion) -> GateResult:
    """Return what the program says."""
    settings = question.settings.gates.command
    if not settings.argv:
        return GateResult(NAME, GateStatus.UNKNOWN, "no program is configured; add [gates.command] argv")
    program = settings.argv[0]
    environment = {**os.environ, "MIGRATOR_MIGRATION": question.migration, "MIGRATOR_PHASE": question.phase}
    try:
        answer = subprocess.run(
            settings.argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=settings.timeout.total_seconds(),
            env=environment,
        )
    except subprocess.TimeoutExpired:
        reason = f"{program} gave no answer within {format_duration(settings.timeout)}"
        return GateResult(NAME, GateStatus.UNKNOWN, reason)
    except OSError as exc:
        return GateResult(NAME, GateStatus.UNKNOWN, f"{program} cannot be started: {exc.strerror}")
    status = {0: GateStatus.OPEN, 1: GateStatus.CLOSED}.get(answer.returncode, GateStatus.UNKNOWN)
    said = (answer.stdout.strip() or answer.stderr.strip()).splitlines()
    words = f": {said[-1][:_LONGEST_REASON]}" if said else ""
    evidence: dict[str, object] = {"argv": list(settings.argv), "exit_code": answer.returncode}
    return GateResult(NAME, status, f"{program} ended with {answer.returncode}{words}", evidence)
