-- Migrate: the key holds for new rows at once, then old ones are validated.
-- Locks: SHARE ROW EXCLUSIVE on public.orders and public.users for milliseconds, once per key: writes wait. The
-- validation takes SHARE UPDATE EXCLUSIVE and ROW SHARE, and blocks nobody.
-- When the validation finds a row that refers to nothing, set it right, then resume.
-- Old and new code: a row that refers to nothing is refused from here on.

ALTER TABLE public.orders ADD CONSTRAINT belongs FOREIGN KEY (user_id)
    REFERENCES public.users (id) DEFERRABLE INITIALLY DEFERRED NOT VALID;

ALTER TABLE public.orders VALIDATE CONSTRAINT belongs;
