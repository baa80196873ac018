"""Privileges on whole tables, from GRANT and REVOKE in files: what a view in a table's place must be given too."""

from collections.abc import Iterable

from migrator.schema.draft import Draft
from migrator.schema.parts import Grant
from migrator.statements.parse import Node, pb

_ALL = ("DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE")
"""What ALL means on a table; MAINTAIN (17) is left out: views have no such privilege."""
_WHO = {pb.ROLESPEC_CSTRING, pb.ROLESPEC_PUBLIC}


def grant(draft: Draft, statement: pb.GrantStmt) -> None:
    """Follow GRANT and REVOKE on named tables; those on single columns and on ALL TABLES are not followed."""
    if statement.objtype != pb.OBJECT_TABLE or statement.targtype != pb.ACL_TARGET_OBJECT:
        return
    if any(node.access_priv.cols for node in statement.privileges):
        return
    asked = [node.access_priv.priv_name.upper() for node in statement.privileges] or list(_ALL)
    grantees = [node.role_spec for node in statement.grantees if node.role_spec.roletype in _WHO]
    names = [spec.rolename or None for spec in grantees]
    for node in statement.objects:
        _change(draft, statement, node, {(privilege, name) for privilege in asked for name in names})


def _change(draft: Draft, statement: pb.GrantStmt, node: Node, pairs: Iterable[tuple[str, str | None]]) -> None:
    table = draft.table(draft.name(node.range_var))
    if table is None:
        return
    known = {(held.privilege, held.grantee): held for held in table.grants}
    for pair in pairs:
        if statement.is_grant:
            before = known.get(pair)
            known[pair] = Grant(*pair, statement.grant_option or (before is not None and before.is_grantable))
        else:
            known.pop(pair, None)
    ordered = sorted(known.values(), key=lambda held: (held.grantee is None, held.grantee or "", held.privilege))
    draft.change(table.name, grants=tuple(ordered))
