"""A worker process to be killed, stopped and continued: works on the backfill of `items` until it is finished.

`crew_member DSN LEASE`: says `.` after each batch and `L` when another worker has taken its range.
"""

import sys

from migrator.backfill.runner import BackfillRunner
from migrator.clock import SystemClock
from migrator.events import Event, EventKind
from tests.backfill.scenes import request, spec

_CLOCK = SystemClock()


def say(event: Event) -> None:
    if event.kind is EventKind.BACKFILL_LEASE_LOST:
        sys.stdout.write("L")
    if event.kind is EventKind.BACKFILL_BATCH:
        sys.stdout.write(".")
        _CLOCK.wait(0.02, "so that no process does all the work before the others have begun")
    sys.stdout.flush()


if __name__ == "__main__":
    slow = {"touched": "CASE WHEN pg_sleep(0.0003 + 0 * id) IS NULL THEN 9 ELSE touched + 1 END"}
    pace = spec(set=slow, limits={"batch_size": 20, "target_batch": "20ms", "lease": sys.argv[2]})
    BackfillRunner(request(sys.argv[1], pace, say)).run()
