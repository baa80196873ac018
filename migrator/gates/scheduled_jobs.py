"""Jobs of pg_cron that use what a phase removes: their commands are text in a table. No gate; see `dependencies`."""

from collections.abc import Sequence

from migrator.gates.removed_columns import read_names, used_names
from migrator.pg.dependencies import Use
from migrator.pg.driver import Connection
from migrator.pg.queries import query
from migrator.references.statement_use import Certainty, use_of
from migrator.statements.effects import ObjectRef

MAY_USE = "may use"


def job_uses(connection: Connection, refs: Sequence[ObjectRef]) -> tuple[Use, ...]:
    """Return the jobs that use one of the objects, or may."""
    where = connection.execute(query("gates.cron")).fetchone() or {}
    if not where.get("is_here"):
        elsewhere = where.get("elsewhere")
        if not refs or not elsewhere or elsewhere == where["here"]:
            return ()
        return (Use(0, f"a job of pg_cron, whose table is in the database {elsewhere},", MAY_USE),)
    jobs = connection.execute(query("gates.cron_jobs")).fetchall()
    if not jobs:
        return ()
    catalog = read_names(connection)
    found: list[Use] = []
    for number, ref in enumerate(refs):
        names = used_names(connection, [ref])
        for job in jobs:
            certainty = use_of(job["command"], names, catalog).certainty if names else Certainty.NO
            if certainty is not Certainty.NO:
                how = "uses" if certainty is Certainty.SURE else MAY_USE
                found.append(Use(number, f"job {job['name'] or job['jobid']} of pg_cron", how))
    return tuple(found)
