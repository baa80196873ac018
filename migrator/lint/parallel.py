"""Many files in several processes: each takes a run of neighbouring files, and the results come back in order.

Forked, because the children then have everything imported, and only where that is safe: on systems with fork, in a
process without other threads. A child that dies is an error here, never a file that passes as clean.
"""

import os
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

from migrator.errors import InputError
from migrator.lint.source import Source

T = TypeVar("T")
_FEWEST = 100
"""Below so many files for each process, forking and sending the results back cost more than they save."""


class _Child(NamedTuple):
    process: int
    reader: int


def in_parallel(sources: Sequence[Source], work: Callable[[Sequence[Source]], list[T]]) -> list[T]:
    """Return the work's results for all sources, in order.

    Raises:
        InputError: a process ended before its work was done.
    """
    parts = _parts(sources, _processes(len(sources)))
    if len(parts) == 1:
        return work(sources)
    sys.stdout.flush()
    sys.stderr.flush()
    children = [_start(part, work) for part in parts[1:]]
    results = work(parts[0])
    for child in children:
        results += cast("list[T]", _result(child))
    return results


def _processes(files: int) -> int:
    is_safe = hasattr(os, "fork") and threading.active_count() == 1
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(available, files // _FEWEST)) if is_safe else 1


def _parts(sources: Sequence[Source], count: int) -> list[Sequence[Source]]:
    """Cut into parts of about the same size; files of one folder are cut apart only when they are very many."""
    parts: list[Sequence[Source]] = []
    start = 0
    for number in range(1, count):
        end = _end_of_folder(sources, max(start, len(sources) * number // count))
        parts.append(sources[start:end])
        start = end
    return [part for part in (*parts, sources[start:]) if part] or [sources]


def _end_of_folder(sources: Sequence[Source], at: int, longest: int = 20) -> int:
    """Siblings are read once only when they are linted together."""
    folder = Path(sources[at].path).parent
    end = next((n for n in range(at, min(at + longest, len(sources))) if Path(sources[n].path).parent != folder), None)
    return at if end is None else end


def _start(part: Sequence[Source], work: Callable[[Sequence[Source]], list[T]]) -> _Child:
    reader, writer = os.pipe()
    process = os.fork()
    if process:
        os.close(writer)
        return _Child(process, reader)
    status = 1
    try:  # the child: it writes its result and ends, whatever happens
        os.close(reader)
        with os.fdopen(writer, "wb") as stream:
            pickle.dump(_outcome(part, work), stream, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        os._exit(status)


def _outcome(part: Sequence[Source], work: Callable[[Sequence[Source]], list[T]]) -> list[T] | Exception:
    try:
        return work(part)
    except Exception as exc:  # noqa: BLE001 raised again by the parent, which reports it
        return exc


def _result(child: _Child) -> object:
    with os.fdopen(child.reader, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child.process, 0)
    if status or not data:
        raise InputError("A process of lint ended before its files were read.", "Run it again, with fewer files.")
    outcome: object = pickle.loads(data)  # noqa: S301 written by our own child
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
