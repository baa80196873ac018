"""Edits of old migrations that change nothing where those have run, and edits of code that are none.

A formatter's new line, a change set behind the others in a change log, a migration that a squashed one replaces: none
of them is history rewritten, and the first and the last are no schema that ships. Code of which only comments differ
needs no schema: `annotate` writes each new column above its model.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from migrator.coupling import tool_programs
from migrator.coupling.classify import Classifier
from migrator.coupling.evidence import FileClass, Rewrite
from migrator.git import FileChange, Repository
from migrator.references.decoded import text_of

_CHANGE_LOGS = (".xml", ".yaml", ".yml", ".json", ".sql")
_CHANGE_SET = re.compile(
    r"<changeSet\b.*?</changeSet>|^--\s*changeset\b.*?(?=^--\s*changeset\b|\Z)", re.DOTALL | re.MULTILINE
)
_YAML_SET = re.compile(r"^[ \t]*-[ \t]*\"?changeSet\"?:", re.MULTILINE)
_TYPING = frozenset({"__future__", "typing", "typing_extensions", "collections.abc"})
_CODE = frozenset({FileClass.APP, FileClass.MODEL})
_COMMENTED = (".py", ".rb", ".rake", ".php")
_RUBY_COMMENT = re.compile(r"^[ \t]*#[^\n]*$", re.MULTILINE)
_PHP_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*$|#(?!\[)[^\n]*$|/\*.*?\*/)", re.MULTILINE | re.DOTALL)
_STARTS = frozenset({"Migration", "upgrade", "migrate", "forwards", "apply_step", "run", "up"})
"""What in a module says that it is a migration."""
_BODIES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def harmless_rewrites(
    repository: Repository, merge_base: str, changes: tuple[FileChange, ...], classifier: Classifier
) -> dict[str, Rewrite]:
    """Return, by path, why an edit of a file or the deletion of an old migration changes nothing."""
    classes = {change.path: classifier.file_class(change.path) for change in changes}
    if FileClass.MIGRATION not in classes.values():
        return {}
    old = [c for c in changes if _is_old(c) and classes[c.path] is FileClass.MIGRATION]
    code = [c for c in changes if _is_old(c) and classes[c.path] in _CODE and c.path.endswith(_COMMENTED)]
    edited = [c for c in (*old, *code) if c.status == "modified"]
    deleted = [c.path for c in old if c.status == "deleted" and c.path.endswith(".py")]
    texts = {blob: text_of(data) for blob, data in repository.contents(sorted({b for c in edited for b in _blobs(c)}))}
    found: dict[str, Rewrite] = {
        c.path: why for c in edited if c not in code and (why := _edit(c.path, texts[c.old_blob], texts[c.blob]))
    }
    commented = (c.path for c in edited if c in code and _is_same_code(c.path, texts[c.old_blob], texts[c.blob]))
    found.update((path, "cosmetic") for path in commented)
    replaced = _replaced(repository, merge_base, deleted) if deleted else set[str]()
    found.update((path, "replaced") for path in deleted if path in replaced)
    return found


def _is_old(change: FileChange) -> bool:
    return change.status in {"modified", "deleted"} and not change.is_submodule


def _blobs(change: FileChange) -> tuple[str, str]:
    return change.blob, change.old_blob


def _edit(path: str, old: str, new: str) -> Rewrite | None:
    suffix = PurePosixPath(path).suffix
    if suffix == ".py":
        before = _program(old)
        is_same = before is not None and before == _program(new)
        return "cosmetic" if is_same or _is_longer_helper(old, new) else None
    if suffix in tool_programs.PROGRAMS:
        if tool_programs.is_reformatted(path, old, new):
            return "cosmetic"
        return "appended" if tool_programs.is_tool(path, old, new) else None
    before = _change_sets(old) if suffix in _CHANGE_LOGS else set[str]()
    return "appended" if before and before <= _change_sets(new) else None


def _is_same_code(path: str, old: str, new: str) -> bool:
    """Whether only comments and white space differ; comments that are read as code (`@ORM`) make that unsure."""
    if path.endswith(".py"):
        before = _parsed(old)
        after = _parsed(new)
        return before is not None and after is not None and ast.dump(before) == ast.dump(after)
    if "@ORM" in old or "@ORM" in new:
        return False
    pattern = _PHP_COMMENT if path.endswith(".php") else _RUBY_COMMENT
    return pattern.sub("", old).split() == pattern.sub("", new).split()


def _is_longer_helper(old: str, new: str) -> bool:
    """Whether it is no migration, but functions for them, of which there are more now."""
    before, after = _parsed(old), _parsed(new)
    if before is None or after is None or _has_operations(before) or _has_operations(after):
        return False
    known = [ast.dump(statement) for statement in after.body]
    return all(ast.dump(statement) in known for statement in before.body)


def _has_operations(tree: ast.Module) -> bool:
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    calls = (node for node in tree.body if isinstance(node, ast.Assign | ast.Expr) and isinstance(node.value, ast.Call))
    return not names.isdisjoint(_STARTS) or any(True for _ in calls)


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _program(text: str) -> str | None:
    """Return what a migration does, without its form: comments, docstrings, annotations, which others it replaces."""
    tree = _parsed(text)
    return None if tree is None else ast.dump(_Plain().visit(tree))


class _Plain(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, _BODIES):
            node.body = [statement for statement in node.body if not _says_nothing(statement)]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.Constant):
            node.kind = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        return None if node.value is None else ast.Assign(targets=[node.target], value=node.value)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.ImportFrom(module=str(module)):
            return module in _TYPING
        case ast.Import(names=names):
            return all(name.name in _TYPING for name in names)
        case ast.Assign(targets=[ast.Name(id="replaces")]):
            return True
        case _:
            return False


def _change_sets(text: str) -> set[str]:
    """Return the change sets of Liquibase, each without regard to white space."""
    found = _CHANGE_SET.findall(text)
    if not found:
        starts = [match.start() for match in _YAML_SET.finditer(text)]
        found = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=False)]
    return {" ".join(each.split()).rstrip("]},; ") for each in found}


def _replaced(repository: Repository, merge_base: str, deleted: list[str]) -> set[str]:
    """Return those of the deleted migrations of Django that a migration beside them replaces."""
    folders = {path.rpartition("/")[0] for path in deleted}
    beside = {
        blob.id: blob.path
        for blob in repository.files(merge_base)
        if blob.path.rpartition("/")[0] in folders and blob.path.endswith(".py")
    }
    found: set[str] = set()
    for blob, data in repository.contents(sorted(beside)):
        if b"replaces" in data:
            found |= {f"{beside[blob].rpartition('/')[0]}/{name}.py" for name in _replaces(text_of(data))}
    return found


def _replaces(text: str) -> Iterator[str]:
    tree = _parsed(text)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "replaces" for t in node.targets):
            for pair in ast.walk(node.value):
                match pair:
                    case ast.Tuple(elts=[ast.Constant(), ast.Constant(value=str(name))]):
                        yield name
                    case _:
                        pass
