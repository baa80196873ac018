"""The check and the ledger of promises: what is read before an override, what is written after it."""

from migrator.coupling.check import AskLedger, Promises
from migrator.coupling.decision import Verdict
from migrator.coupling.evidence import Commitment, Unknown
from migrator.coupling.report import CouplingReport
from migrator.errors import MigratorError
from migrator.pg.connection import connect
from migrator.state.commitments import commitments, open_commitment
from migrator.state.install import require_installed
from migrator.state.store import Store

_APPLICATION = "migrator/coupling"


def reading(dsn: str, actor: str) -> AskLedger:
    """Return the function that reads the ledger; one that cannot be read is unknown, and blocks an override."""

    def read() -> Promises:
        try:
            with connect(dsn, application_name=_APPLICATION) as connection:
                require_installed(connection)
                found = commitments(Store(connection, actor))
        except MigratorError as exc:
            return (), (Unknown(topic="commitments", text=f"the ledger of earlier overrides: {exc}"),)
        return tuple(
            Commitment(id=c.id, postmortem=c.postmortem, due=c.due, closed_at=c.closed_at, url=c.url) for c in found
        ), ()

    return read


def record(dsn: str, actor: str, report: CouplingReport, repository: str) -> bool:
    """Write the promise of an accepted override with its audit row; return whether it is new.

    Raises:
        DatabaseFailed: it could not be written; the override must not count then.
    """
    evidence, override = report.evidence, report.decision.override
    if report.decision.verdict is not Verdict.OVERRIDDEN or override is None:
        return False
    requests = [request for request in (evidence.pull_request, *evidence.batch) if request is not None]
    numbers = "+".join(f"#{request.number}" for request in requests if request.number is not None)
    with connect(dsn, application_name=_APPLICATION) as connection:
        require_installed(connection)
        return open_commitment(
            Store(connection, actor),
            id_=f"{repository}{numbers}@{evidence.head[:12]}",
            url=next((request.url for request in requests), ""),
            reason=override.reason,
            postmortem=override.postmortem,
            approvers=override.approvers,
            head=evidence.head,
            due=override.due,
        )
