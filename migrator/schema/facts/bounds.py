"""Whether valid CHECKs prove that no row of a table is on the wrong side of a partition's bound.

The server asks its prover (`PartConstraintImpliedByRelConstraint`), and reads every row when that fails. A bound is
written here as clauses over the one column of the key, all of which must hold; a clause is a choice of tests. What a
CHECK says with other means than comparisons with constants proves nothing, here as there. Called by `partitions`.
"""

from collections.abc import Iterable, Iterator

from migrator.schema.facts.not_null import check_expression, is_proven_not_null
from migrator.schema.facts.values import Test, Value, follows, value_of
from migrator.schema.parts import Table
from migrator.statements.effects import Fact
from migrator.statements.parse import Node, pb

_ORDER = (Fact.NO, Fact.UNKNOWN, Fact.YES)
_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}
_IS_NULL = Test("is null")
_IS_NOT_NULL = Test("is not null")

Clauses = tuple[tuple[Test, ...], ...]


def is_inside(table: Table, parent: Table, bound: pb.PartitionBoundSpec) -> Fact:
    """Return whether the table's CHECKs prove that all of its rows lie in the bound."""
    return _is_proven(table, parent, _inside(bound))


def is_outside(table: Table, parent: Table, bound: pb.PartitionBoundSpec) -> Fact:
    """Return whether the CHECKs of a DEFAULT partition prove that none of its rows lies in the bound."""
    return _is_proven(table, parent, _outside(bound))


def _is_proven(table: Table, parent: Table, clauses: Clauses | None) -> Fact:
    key = parent.partition_key
    checks = [c for c in table.constraints if c.kind == "check" and c.is_valid and c.is_enforced]
    known = [check_expression(c) for c in checks if set(key) & set(c.columns)]
    if not known and (clauses is None or any(_IS_NOT_NULL not in clause for clause in clauses)):
        return Fact.NO
    if clauses is None or len(key) != 1 or parent.is_partition:
        return Fact.UNKNOWN
    prover = _Prover(key[0], getattr(table.column(key[0]), "type", ""))
    return _least(_of_clause(table, prover, known, clause) for clause in clauses)


def _of_clause(table: Table, prover: "_Prover", checks: Iterable[Node], clause: tuple[Test, ...]) -> Fact:
    if _IS_NOT_NULL in clause and is_proven_not_null(table, prover.column):
        return Fact.YES
    return _most(prover.implies(check, clause) for check in checks)


def _inside(bound: pb.PartitionBoundSpec) -> Clauses | None:
    """Return the clauses of the bound; None where only the server can tell: hash, DEFAULT, several columns."""
    if bound.strategy == "l" and not bound.is_default:
        values = [value_of(node) for node in bound.listdatums]
        tests = tuple(Test("=", value) for value in values if not value.is_null)
        return (((_IS_NULL, *tests),) if len(tests) < len(values) else ((_IS_NOT_NULL,), tests)) if tests else None
    limits = _limits(bound)
    return ((_IS_NOT_NULL,), *((limit,) for limit in limits)) if limits is not None else None


def _outside(bound: pb.PartitionBoundSpec) -> Clauses | None:
    inside = _inside(bound)
    if inside is None:
        return None
    if bound.strategy == "l":
        tests = [test for clause in inside for test in clause if test.value is not None]
        is_null_inside = _IS_NULL in inside[0]
        others = tuple(((Test("<>", t.value),) if is_null_inside else (_IS_NULL, Test("<>", t.value))) for t in tests)
        return ((_IS_NOT_NULL,), *others) if is_null_inside else others
    limits = _limits(bound) or ()
    return ((_IS_NULL, *(Test(_NEGATED[limit.operator], limit.value) for limit in limits)),)


def _limits(bound: pb.PartitionBoundSpec) -> list[Test] | None:
    """Return the lower and the upper limit of a range over one column; MINVALUE and MAXVALUE are none."""
    if bound.strategy != "r" or bound.is_default or len(bound.lowerdatums) != 1:
        return None
    ends = ((">=", bound.lowerdatums[0]), ("<", bound.upperdatums[0]))
    return [Test(operator, value_of(node)) for operator, node in ends if not _is_unlimited(node)]


def _is_unlimited(node: Node) -> bool:
    fields = node.column_ref.fields
    return len(fields) == 1 and fields[0].string.sval in ("minvalue", "maxvalue")


class _Prover:
    """What expressions over one column imply; a part that is not understood implies nothing."""

    def __init__(self, column: str, type_text: str) -> None:
        self.column = column
        self._type = type_text

    def implies(self, expression: Node, clause: tuple[Test, ...], *, is_negated: bool = False) -> Fact:
        """Return whether the clause holds for every row that meets the expression (or does not, when negated)."""
        if expression.WhichOneof("node") == "bool_expr":
            return self._of_parts(expression.bool_expr, clause, is_negated=is_negated)
        groups = list(self._tests(expression, is_negated=is_negated))
        return _least(_most(follows(test, wanted, self._type) for test in g for wanted in clause) for g in groups)

    def _of_parts(self, expression: pb.BoolExpr, clause: tuple[Test, ...], *, is_negated: bool) -> Fact:
        if expression.boolop == pb.NOT_EXPR:
            return self.implies(expression.args[0], clause, is_negated=not is_negated)
        parts = (self.implies(part, clause, is_negated=is_negated) for part in expression.args)
        is_choice = (expression.boolop == pb.OR_EXPR) != is_negated
        return _least(parts) if is_choice else _most(parts)

    def _tests(self, expression: Node, *, is_negated: bool) -> Iterator[tuple[Test, ...]]:
        """Yield the expression as choices of tests that hold together: `c IN (1, 2)` is two of one test each."""
        match expression.WhichOneof("node"):
            case "null_test" if self._is_column(expression.null_test.arg):
                is_null = (expression.null_test.nulltesttype == pb.IS_NULL) != is_negated
                yield (_IS_NULL if is_null else _IS_NOT_NULL,)
            case "a_expr":
                yield from self._comparison(expression.a_expr, is_negated=is_negated)
            case _:
                yield ()

    def _comparison(self, expression: pb.A_Expr, *, is_negated: bool) -> Iterator[tuple[Test, ...]]:
        operator = expression.name[-1].string.sval
        left, right = expression.lexpr, expression.rexpr
        if expression.kind == pb.AEXPR_BETWEEN and self._is_column(left):
            low, high = (value_of(node) for node in right.list.items)
            ends = (Test(">=", low), Test("<=", high))
            yield from (((Test("<", low),), (Test(">", high),)) if is_negated else (ends,))
        elif operator not in _NEGATED:
            yield ()
        elif expression.kind == pb.AEXPR_OP and self._is_column(left):
            yield (_test(operator, value_of(right), is_negated=is_negated),)
        elif expression.kind == pb.AEXPR_OP and self._is_column(right):
            yield (_test(_SWAPPED[operator], value_of(left), is_negated=is_negated),)
        elif (values := _listed(expression)) is not None and self._is_column(left):
            tests = tuple(_test(operator, value, is_negated=is_negated) for value in values)
            is_choice = (expression.kind == pb.AEXPR_OP_ANY or _is_in(expression)) != is_negated
            yield from (((test,) for test in tests) if is_choice else (tests,))
        else:
            yield ()

    def _is_column(self, node: Node) -> bool:
        node = _without_relabelling(node)
        fields = node.column_ref.fields
        return bool(fields) and fields[-1].string.sval == self.column


def _without_relabelling(node: Node) -> Node:
    """Return the column of `(c)::text`, as pg_dump writes a comparison of a varchar."""
    return node.type_cast.arg if node.WhichOneof("node") == "type_cast" and _is_text(node.type_cast.type_name) else node


def _is_text(name: pb.TypeName) -> bool:
    return name.names[-1].string.sval == "text" and not name.array_bounds


def _test(operator: str, value: Value, *, is_negated: bool) -> Test:
    return Test(_NEGATED[operator] if is_negated else operator, value)


def _is_in(expression: pb.A_Expr) -> bool:
    return expression.kind == pb.AEXPR_IN and expression.name[-1].string.sval == "="


def _listed(expression: pb.A_Expr) -> list[Value] | None:
    """Return the constants of IN, `= ANY (ARRAY[…])` and `<> ALL (ARRAY[…])`."""
    right = expression.rexpr
    if expression.kind == pb.AEXPR_IN:
        return [value_of(node) for node in right.list.items]
    if expression.kind in (pb.AEXPR_OP_ANY, pb.AEXPR_OP_ALL):
        right = right.type_cast.arg if right.WhichOneof("node") == "type_cast" else right
        if right.WhichOneof("node") == "a_array_expr":
            return [value_of(node) for node in right.a_array_expr.elements]
    return None


def _most(facts: Iterable[Fact]) -> Fact:
    return max(facts, key=_ORDER.index, default=Fact.NO)


def _least(facts: Iterable[Fact]) -> Fact:
    return min(facts, key=_ORDER.index, default=Fact.YES)
