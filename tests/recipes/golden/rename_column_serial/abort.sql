-- Abort, before contract: ticket and everything that was made for it go; the table is as it was.
-- Locks: ACCESS EXCLUSIVE on the table for milliseconds in each step; indexes go without blocking anybody.
-- Old code never notices. New code that names ticket fails: take it back first.

ALTER TABLE public.tickets DROP CONSTRAINT tickets_ticket_key;

BEGIN;
DROP TRIGGER zz_migrator_20260901_tickets_number_to_ticket_i ON public.tickets;
DROP TRIGGER zz_migrator_20260901_tickets_number_to_ticket_u ON public.tickets;
ALTER TABLE public.tickets DROP COLUMN ticket;
DROP FUNCTION migrator.sync_20260901_tickets_number_to_ticket();
COMMIT;
