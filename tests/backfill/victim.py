"""A process to be killed: runs the backfill of `items`, says each batch, dies whenever the test likes."""

import sys

from migrator.backfill.runner import BackfillRunner
from migrator.events import Event, EventKind
from tests.backfill.scenes import request, spec


def say(event: Event) -> None:
    if event.kind is EventKind.BACKFILL_BATCH:
        sys.stdout.write(".")
        sys.stdout.flush()


if __name__ == "__main__":
    BackfillRunner(request(sys.argv[1], spec(limits={"batch_size": 40, "target_batch": "4ms"}), say)).run()
