-- Contract: the view app.events goes. Old code fails from here on; there is no way back but a new view.
-- Locks: ACCESS EXCLUSIVE on the view only.
-- New code, which uses app.happenings, sees no difference.

DROP VIEW app.events;
