"""Django's migrations: what their operations add and remove, from the syntax tree.

The table of a model is `<app>_<model>`, as Django names it, unless the migration says otherwise; the model's name goes
along, so that code which names only the class is found. Operations of other packages count as the ones whose names
theirs contain: `SafeRemoveField` removes a field.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from migrator.coupling.evidence import DatabaseObject
from migrator.coupling.programs.found import Found, NotUnderstoodError
from migrator.coupling.programs.literals import Literals, argument, name_of

_IRRELEVANT = re.compile(
    r"(?:Add|Remove|Rename|Alter)(?:Index|Constraint|UniqueTogether|IndexTogether)\w*|ValidateConstraint"
    r"|AlterModel(?:Options|Managers|TableComment)|AlterOrderWithRespectTo|\w*Extension|CreateCollation"
)
"""Operations that make and remove neither tables nor columns; the linter judges what they lock."""
_KNOWN = re.compile(
    r"(?:Add|Remove|Rename|Alter)Field|(?:Create|Delete|Rename)Model|AlterModelTable|RunSQL|RunPython"
    r"|SeparateDatabaseAndState"
)
_IDLE = frozenset({"AlterModelOptions", "AlterModelManagers"})
"""Operations that change what Django knows of a model, and no table."""
_REMOVING = re.compile(r"(?:Remove|Delete|Drop|Rename)\w*(?:Field|Model|Column|Table)")
_DDL = re.compile(r"\b(?:ALTER|CREATE|DROP)\b", re.IGNORECASE)


def operations_of(tree: ast.Module) -> ast.expr | None:
    """Return the operations of a Django migration; None when the module is none."""
    return _of_class(tree, "operations")


def read_django(tree: ast.Module, operations: ast.expr, app: str) -> Found:
    """Return what a migration does; one that replaces others does nothing where those have run."""
    reader = _Reader(Literals(tree), app)
    reader.found.is_idle = True
    replaced = _of_class(tree, "replaces")
    if not (isinstance(replaced, ast.List | ast.Tuple) and replaced.elts):
        reader.operations(operations)
    return reader.found


class _Reader:
    def __init__(self, literals: Literals, app: str) -> None:
        self._literals = literals
        self._app = app
        self.found = Found()

    def operations(self, node: ast.expr | None) -> None:
        try:
            elements = self._literals.elements(node)
        except NotUnderstoodError:
            self.found.is_partial = True
            return
        for element in elements:
            if isinstance(element, ast.Call):
                self.found.is_idle = self.found.is_idle and _asks_nothing(element)
                self._operation(element)
            else:
                self.found.is_partial = True

    def _operation(self, call: ast.Call) -> None:
        name = name_of(call.func)
        known = _KNOWN.search(name)
        if known is None:
            self._strange(call, name)
            return
        if _is_state_only(call):
            return
        try:
            self._known(known[0], call)
        except NotUnderstoodError:
            if "Remove" in name or "Delete" in name or "Rename" in name or known[0] == "RunSQL":
                self.found.lost(name, call.lineno)
            else:
                self.found.is_partial = True

    def _strange(self, call: ast.Call, name: str) -> None:
        if _REMOVING.search(name):
            self.found.lost(name, call.lineno)
        elif _IRRELEVANT.fullmatch(name) is None:
            self.found.is_partial = True

    def _known(self, kind: str, call: ast.Call) -> None:
        match kind:
            case "AddField" | "RemoveField":
                self._field(call, self._text(call, "name", 1), is_gone=kind == "RemoveField")
            case "RenameField":
                self._column(call, self._text(call, "old_name", 1), is_gone=True)
                self._column(call, f"{self._text(call, 'old_name', 1)}_id", is_gone=True)
                self._column(call, self._text(call, "new_name", 2), is_gone=False)
            case "CreateModel":
                self._create(call)
            case "DeleteModel" | "AlterModelTable":
                self._table(self._text(call, "name", 0), is_gone=True)
            case "RenameModel":
                self._table(self._text(call, "old_name", 0), is_gone=True)
                self._table(self._text(call, "new_name", 1), is_gone=False)
            case "AlterField":
                pass
            case _:
                self._other(kind, call)

    def _other(self, kind: str, call: ast.Call) -> None:
        match kind:
            case "RunSQL":
                self._sql(argument(call, "sql", 0))
            case "RunPython":
                self._python(argument(call, "code", 0))
            case "SeparateDatabaseAndState":
                inner = argument(call, "database_operations", 0)
                if inner is not None:
                    self.operations(inner)
            case _:
                pass

    def _field(self, call: ast.Call, name: str, *, is_gone: bool) -> None:
        """Note the column of a field: a foreign key's ends in `_id`; which it was the removal does not say."""
        field = argument(call, "field", 2)
        kind = name_of(field)
        named = _keyword(field, "db_column")
        if is_gone:
            self._column(call, name, is_gone=True)
            self._column(call, f"{name}_id", is_gone=True)
        elif named is not None:
            self._column(call, named, is_gone=False)
        elif kind.endswith(("ForeignKey", "OneToOneField")):
            self._column(call, f"{name}_id", is_gone=False)
        elif kind != "ManyToManyField":
            self._column(call, name, is_gone=False)

    def _create(self, call: ast.Call) -> None:
        options = argument(call, "options", 2)
        known = _pairs(options)
        if known.get("proxy") is True or known.get("managed") is False:
            return
        name = self._text(call, "name", 0)
        table = known.get("db_table")
        if isinstance(table, str):
            self.found.table(table.replace('"', ""), is_gone=False, model=name)
        else:
            self._table(name, is_gone=False)

    def _sql(self, node: ast.expr | None) -> None:
        """Note the SQL of RunSQL: a text, or a list of texts and of texts with parameters."""
        if name_of(node) == "noop":
            return
        for part in self._parts(node):
            for text in self._literals.texts(part):
                self.found.sql(text, part.lineno)

    def _parts(self, node: ast.expr | None) -> Iterator[ast.expr]:
        if isinstance(node, ast.List | ast.Tuple):
            for element in node.elts:
                yield element.elts[0] if isinstance(element, ast.Tuple | ast.List) and element.elts else element
        elif node is not None:
            yield node

    def _python(self, code: ast.expr | None) -> None:
        """Note DDL that a function executes as SQL; what it does to rows needs no look."""
        function = self._literals.functions.get(name_of(code))
        for call in ast.walk(function) if function is not None else ():
            if isinstance(call, ast.Call) and name_of(call.func) == "get_model":
                self._rows(call)
            elif isinstance(call, ast.Call) and name_of(call.func) == "execute" and call.args:
                for text in self._executed(call.args[0]):
                    if _DDL.search(text):
                        self.found.sql(text, call.lineno)

    def _rows(self, call: ast.Call) -> None:
        """Note the table of `apps.get_model("shop", "Order")`, whose rows a function changes."""
        names = [node.value for node in call.args if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        app, _, model = ".".join(names).rpartition(".")
        if app and model:
            table = f"{app}_{model.lower()}"
            self.found.touched.append(DatabaseObject(kind="table", schema_name="public", name=table, model=model))

    def _executed(self, node: ast.expr) -> tuple[str, ...]:
        try:
            return self._literals.texts(node)
        except NotUnderstoodError:
            return ()

    def _column(self, call: ast.Call, name: str, *, is_gone: bool) -> None:
        model = self._text(call, "model_name", 0)
        self.found.column(f"{self._app}_{model.lower()}", name, is_gone=is_gone, model=model)

    def _table(self, model: str, *, is_gone: bool) -> None:
        self.found.table(f"{self._app}_{model.lower()}", is_gone=is_gone, model=model)

    def _text(self, call: ast.Call, name: str, position: int) -> str:
        found = self._literals.texts(argument(call, name, position))
        if len(found) != 1:
            raise NotUnderstoodError
        return found[0]


def _is_state_only(call: ast.Call) -> bool:
    """Whether a removal only prepares: `deletion_action=DeletionAction.MOVE_TO_PENDING` leaves the table as it is."""
    return any(keyword.arg == "deletion_action" and "PENDING" in name_of(keyword.value) for keyword in call.keywords)


def _asks_nothing(call: ast.Call) -> bool:
    """Whether an operation changes no database; of SeparateDatabaseAndState, the operations inside tell."""
    name = name_of(call.func)
    return name in _IDLE or name == "SeparateDatabaseAndState" or _is_state_only(call)


def app_of(folder: PurePosixPath) -> str:
    """Return the app of a folder of migrations: what is above `migrations`, or what `migrations_shop` names."""
    if folder.name == "migrations":
        return folder.parent.name
    return re.sub(r"^migrations_|_?migrations$", "", folder.name) or folder.parent.name


def _of_class(tree: ast.Module, name: str) -> ast.expr | None:
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Migration")
    for statement in (statement for found in classes for statement in found.body):
        targets = statement.targets if isinstance(statement, ast.Assign) else ()
        targets = (statement.target,) if isinstance(statement, ast.AnnAssign) else targets
        if isinstance(statement, ast.Assign | ast.AnnAssign) and any(name_of(target) == name for target in targets):
            return statement.value
    return None


def _keyword(node: ast.expr | None, name: str) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    value = next((k.value for k in node.keywords if k.arg == name), None)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _pairs(node: ast.expr | None) -> dict[object, object]:
    if not isinstance(node, ast.Dict):
        return {}
    pairs = zip(node.keys, node.values, strict=True)
    return {k.value: v.value for k, v in pairs if isinstance(k, ast.Constant) and isinstance(v, ast.Constant)}
