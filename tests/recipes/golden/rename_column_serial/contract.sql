-- Contract: number goes, ticket stays. Old code fails from here on; there is no way back.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step (dropping a foreign key also on the table it
-- refers to); indexes are dropped without blocking anybody.
-- First goes everything that could refuse a row without number, then the trigger is disarmed (no table lock), then
-- trigger and column go in one transaction: in any other order an insert fails.

ALTER SEQUENCE public.tickets_number_seq OWNED BY public.tickets.ticket;

ALTER TABLE public.tickets
    ALTER COLUMN ticket SET DEFAULT nextval('public.tickets_number_seq'::regclass),
    ALTER COLUMN number DROP DEFAULT,
    ALTER COLUMN number DROP NOT NULL;

ALTER TABLE public.tickets DROP CONSTRAINT tickets_number_key;

CREATE OR REPLACE FUNCTION migrator.sync_20260901_tickets_number_to_ticket() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $f$
BEGIN
    RETURN NEW;
END
$f$;

BEGIN;
DROP TRIGGER zz_migrator_20260901_tickets_number_to_ticket_i ON public.tickets;
DROP TRIGGER zz_migrator_20260901_tickets_number_to_ticket_u ON public.tickets;
ALTER TABLE public.tickets DROP COLUMN number;
DROP FUNCTION migrator.sync_20260901_tickets_number_to_ticket();
COMMIT;
