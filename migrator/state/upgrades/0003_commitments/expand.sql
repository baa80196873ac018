-- Promises of postmortems: one per accepted override of the coupling check. An overdue one blocks the next override.
CREATE TABLE migrator.commitment (
    id text PRIMARY KEY,
    url text NOT NULL,
    reason text NOT NULL,
    postmortem text NOT NULL,
    approvers text[] NOT NULL,
    head text NOT NULL,
    due timestamptz NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    opened_by text NOT NULL,
    closed_at timestamptz,
    closed_by text,
    closing_note text
);
