"""A sandbox in the foreground: it lives until Ctrl-C or SIGTERM, and both are its regular end."""

import signal
import threading
from types import FrameType


def wait_for_stop() -> None:
    """Return when Ctrl-C is pressed or SIGTERM arrives; afterwards both mean again what they meant before."""
    stop = threading.Event()

    def request_stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 the signature of a handler
        stop.set()

    before = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
