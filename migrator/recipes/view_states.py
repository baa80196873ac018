"""The query of verify.sql that tells whether somebody changed a view after the recipe was rendered.

A contract that makes a view again writes the text of the rendering. Whatever was changed in between would be lost, so
that it does not begin: verify.sql runs before it, and tells the view and what of it is another now. The digests come
with the catalog (`view_texts` in pg/sql/catalog.sql), read under an empty search path, as here.
"""

from collections.abc import Iterable

from migrator.names import literal
from migrator.recipes.phase_text import Step
from migrator.schema.model import View

QUERY = ("query", "options")
"""All that CREATE OR REPLACE VIEW writes; the rest of a view stays as it is."""

_TODO = (
    "contract.sql would put back what it was when the migration was rendered: change contract.sql accordingly and take"
    " the line out of verify.sql, or change the view back, or abort and render anew"
)
_COLUMNS = "SELECT string_agg(a.attname || ' ' || a.attacl::text, ' ' ORDER BY a.attnum) FROM pg_attribute a"
_COMMENTS = "SELECT string_agg(d.objsubid || ' ' || d.description, ' ' ORDER BY d.objsubid) FROM pg_description d"
_DEFAULTS = (
    "SELECT string_agg(d.adnum || ' ' || pg_get_expr(d.adbin, d.adrelid), ' ' ORDER BY d.adnum) FROM pg_attrdef d"
)
_TRIGGERS = "SELECT string_agg(pg_get_triggerdef(t.oid), ' ' ORDER BY t.tgname) FROM pg_trigger t"
_RULES = "SELECT string_agg(pg_get_ruledef(w.oid), ' ' ORDER BY w.rulename) FROM pg_rewrite w"
_TEXTS = {
    "query": "pg_get_viewdef(c.oid)",
    "options": "c.reloptions::text",
    "owner": "pg_get_userbyid(c.relowner)::text",
    "rights": "(SELECT string_agg(i::text, ' ' ORDER BY i::text)"
    " FROM unnest(coalesce(c.relacl, acldefault('r', c.relowner))) i)",
    "rights on columns": f"({_COLUMNS} WHERE a.attrelid = c.oid)",
    "comments": f"({_COMMENTS} WHERE d.objoid = c.oid AND d.classoid = 'pg_class'::regclass)",
    "defaults": f"({_DEFAULTS} WHERE d.adrelid = c.oid)",
    "triggers": f"({_TRIGGERS} WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)",
    "rules": f"({_RULES} WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN')",
}

_ALLOWED = "-- migrator: allow opaque-sql: it only reads the catalog, under a search path of its own\n"


def unchanged(replaced: Iterable[View], remade: Iterable[View] = ()) -> tuple[Step, ...]:
    """Return the query for views that are not what they were; none where the catalog was not asked.

    Args:
        replaced: views of which only the query and the options are written.
        remade: views of which everything is written.
    """
    rows = [_row(view, what) for view in replaced for what in QUERY if view.dress]
    rows += [_row(view, what) for view in remade for what in _TEXTS if view.dress]
    if not rows:
        return ()
    used = [what for what in _TEXTS if any(f", '{what}', " in row for row in rows)]
    cases = "\n        ".join(f"WHEN {literal(what)} THEN {_TEXTS[what]}" for what in used)
    values = ",\n    ".join(rows)
    todo = literal(_TODO)
    allowed = _ALLOWED * (not set(used) <= set(QUERY))  # what reads more calls functions that lint cannot look into
    text = (
        "-- A view that was changed after this was rendered.\n"  # noqa: S608 text of a file
        f"{allowed}SELECT was.view, was.what AS changed, {todo} AS todo\n"
        f"FROM (VALUES\n    {values}\n) AS was (view, what, digest)\n"
        "CROSS JOIN (SELECT set_config('search_path', '', true) AS path OFFSET 0) AS pinned\n"
        f"LEFT JOIN LATERAL (\n    SELECT CASE was.what\n        {cases}\n        END AS text\n"
        "    FROM pg_class c WHERE c.oid = to_regclass(was.view) AND pinned.path = ''\n) AS now ON true\n"
        "WHERE md5(coalesce(now.text, '')) <> was.digest"
    )
    return (text,)


def _row(view: View, what: str) -> str:
    digest = view.dress.states[what] if view.dress else ""
    return f"({literal(str(view.name))}, {literal(what)}, {literal(digest)})"
