"""A process to be killed: runs the backfill of `items`, says each batch, dies whenever the test likes.

`victim DSN BATCHES [python]`: one batch after so many it stands still, so that it never ends before it is killed.
"""

import sys

from migrator.backfill.runner import BackfillRunner
from migrator.events import Event, EventKind
from tests.backfill.scenes import by_python, request, spec


class Voice:
    def __init__(self, batches: int) -> None:
        self.left = batches + 1

    def __call__(self, event: Event) -> None:
        if event.kind is not EventKind.BACKFILL_BATCH:
            return
        sys.stdout.write(".")
        sys.stdout.flush()
        self.left -= 1
        if self.left == 0:
            sys.stdin.read()


if __name__ == "__main__":
    pace = {"batch_size": 40, "target_batch": "4ms"}
    backfill = by_python(limits=pace) if sys.argv[3:] else spec(limits=pace)
    BackfillRunner(request(sys.argv[1], backfill, Voice(int(sys.argv[2])))).run()
