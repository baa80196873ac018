-- A step that was stopped on request is interrupted, not failed: nobody has to correct anything.
ALTER TABLE migrator.step
    DROP CONSTRAINT step_state_check,
    ADD CONSTRAINT step_state_check CHECK (state IN ('running', 'done', 'skipped', 'failed', 'interrupted'));

-- Which open migration works on a table. The holders of one table form a chain: `after` is the one that a holder
-- depends on, empty for the first. So two migrations that know nothing of each other can never both hold it.
CREATE TABLE migrator.claim (
    migration text NOT NULL REFERENCES migrator.migration,
    table_schema text NOT NULL,
    table_name text NOT NULL,
    after text NOT NULL DEFAULT '',
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (migration, table_schema, table_name),
    UNIQUE (table_schema, table_name, after)
);

-- What a migration's statements change: tables, views, types, and functions as `name()`. A change of these is ours
-- and no drift.
CREATE TABLE migrator.touched (
    migration text NOT NULL REFERENCES migrator.migration,
    owner_schema text NOT NULL,
    owner_name text NOT NULL,
    PRIMARY KEY (migration, owner_schema, owner_name)
);

-- R__*.sql: what each file was when it last ran.
CREATE TABLE migrator.repeatable (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    runs integer NOT NULL DEFAULT 1
);

-- The catalog as it was when a person or a migration last vouched for it; `migrator drift` compares.
CREATE TABLE migrator.snapshot (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    reason text NOT NULL
);
CREATE TABLE migrator.snapshot_object (
    kind text NOT NULL,
    owner_schema text NOT NULL,
    owner_name text NOT NULL,
    name text NOT NULL,
    definition text NOT NULL,
    PRIMARY KEY (owner_schema, owner_name, kind, name)
);

-- A migration that the database had before this tool: the version before knows the state `complete` and no other end.
ALTER TABLE migrator.migration ADD COLUMN baselined_at timestamptz;
-- The plan that a person confirmed for the contract; a resumed contract is still that one.
ALTER TABLE migrator.migration ADD COLUMN contract_plan text;
-- The commit of the checkout that the tool ran in.
ALTER TABLE migrator.audit ADD COLUMN commit_sha text;
