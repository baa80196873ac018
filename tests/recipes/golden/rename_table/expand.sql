-- Expand: public.users becomes public."People of ours"; a view keeps the old name. One transaction: nobody sees a
-- gap.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds; nothing is rewritten or scanned.
-- Old code goes on with the old name and never sees a difference. New code may use the new name at once.
-- Through the old name these fail: COPY, TRUNCATE, ALTER TABLE, CREATE INDEX, ON CONFLICT ON CONSTRAINT, ctid and
-- xmin, pg_get_serial_sequence, and MERGE before PostgreSQL 17.
-- Indexes, constraints and sequences keep their names, so that code which names them goes on.
-- Rights: those that the migrations folder tells are given on the view too. Compare them with the server's, or
-- render with --dsn.

BEGIN;
ALTER TABLE public.users RENAME TO "People of ours";
CREATE VIEW public.users WITH (security_invoker = true) AS
SELECT
    id,
    email,
    "select"
FROM public."People of ours";
ALTER VIEW public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);
ALTER VIEW public.users ALTER COLUMN email SET DEFAULT 'none'::text;
GRANT SELECT ON public.users TO PUBLIC;
COMMIT;
