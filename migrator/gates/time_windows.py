"""Gate `time_windows`: it is a time of day and of the week at which contracts may begin.

The windows are in `[gates.time_windows]`; the database's clock decides, read in each window's own time zone.
"""

from migrator.config.time_window import TimeWindow
from migrator.gates.gate import GateQuestion, GateResult, GateStatus

NAME = "time_windows"


def evaluate(question: GateQuestion) -> GateResult:
    """Return open inside one of the windows, else closed with the next one's begin; unknown without any."""
    texts = question.settings.gates.time_windows.windows
    if not texts:
        return GateResult(NAME, GateStatus.UNKNOWN, "no window is configured; add [gates.time_windows] windows")
    evidence: dict[str, object] = {"windows": list(texts), "now": question.now.isoformat()}
    windows = [TimeWindow.parse(text) for text in texts]
    held = [text for text, window in zip(texts, windows, strict=True) if window.holds(question.now)]
    if held:
        return GateResult(NAME, GateStatus.OPEN, f"it is in the window {held[0]}", evidence)
    opens_at = min(window.next_start(question.now) for window in windows)
    reason = f"it is in no window of {', '.join(texts)} (opens at {opens_at:%Y-%m-%d %H:%M %Z})"
    return GateResult(NAME, GateStatus.CLOSED, reason, evidence)
