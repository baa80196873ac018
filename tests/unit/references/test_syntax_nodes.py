"""The quick walk sees what the slow one sees."""

import ast
from pathlib import Path

import pytest

from migrator.references.syntax_nodes import nodes_of

_ROOT = Path(__file__).parents[3]
_SKIPPED = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
_ODD = """
match point:
    case {"x": 0, **rest}: pass
    case [1, *others] | Shape(kind="a") as shape: pass
async def f(a, /, b: int = 1, *c, d=None, **e) -> None:
    async with x as y, z: print(f"{a!r:>{b}} and {c}")
    return [await i async for i in ... if not i and -i < 1 or i is not 2j]
try: pass
except* (A, B) as exc: del a[1:2, ...], b.c
lambda: (yield)
"""


@pytest.mark.parametrize("folder", ["migrator/references", "migrator/statements", "tests/unit/coupling"])
def test_the_same_nodes_in_the_same_order(folder: str) -> None:
    texts = [_ODD, *(file.read_text(encoding="utf-8") for file in (_ROOT / folder).glob("*.py"))]
    for tree in map(ast.parse, texts):
        assert nodes_of(tree) == [node for node in ast.walk(tree) if not isinstance(node, _SKIPPED)]
