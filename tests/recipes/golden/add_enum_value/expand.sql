-- Expand: public.mood gets the label 'so-so'.
-- Locks: none on any table.
-- Old code never sees a difference until a row holds the label. Before any code writes it, every running version
-- must accept it when it reads: say so in `requires` of the migration that starts to use it.
-- A step of its own: the transaction that adds a label cannot use it. The label stays for good.

ALTER TYPE public.mood ADD VALUE 'so-so' BEFORE 'happy';
