"""`migrator gate ID --acknowledge SUBJECT --reason …`: a person's answer to a gate's doubt."""

from migrator.cli.context import Session
from migrator.phases.folder import Migration


def acknowledge_doubts(session: Session, migration: Migration, subjects: tuple[str, ...], reason: str | None) -> None:
    """Record the answers; a number is a query id of the gate `statements`, all else an object of `dependencies`."""
    if not subjects:
        return
    from migrator.pg.connection import connect
    from migrator.pg.failures import translated
    from migrator.state.acknowledgements import acknowledge
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    with (
        connect(session.dsn(), application_name="migrator/acknowledge") as connection,
        translated("Recording the acknowledgement"),
        connection.transaction(),
    ):
        require_installed(connection)
        for subject in subjects:
            gate = "statements" if subject.lstrip("-").isdigit() else "dependencies"
            acknowledge(Store(connection, session.actor), migration.id, gate, subject, reason or "")
            session.tell(f"Acknowledged for the gate {gate}: {subject}.")
    session.tell_tip(session.audit_tip())
