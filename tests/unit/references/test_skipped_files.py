"""A file that names nothing of what is asked for is not read: whatever it holds, reading it would find no use.

The filter is a search for words in the text. Modules are put together of fragments that use tables in many ways; one
that is passed over must give no reference of a table or column that is asked for when it is scanned all the same.
"""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from migrator.names import TableName
from migrator.references.known import known_tables
from migrator.references.scanners import prisma_schema, python_code, sql_text, words
from migrator.schema.model import Schema

_TABLE = TableName("public", "shop_orders")
KNOWN = known_tables(Schema(), {_TABLE: frozenset({"legacy_total"})}, {_TABLE: frozenset({"PurchaseOrder"})})
_NAMES = st.sampled_from(
    "shop_orders shop_order ShopOrders shopOrder Orders orders order ORDERS PurchaseOrder purchase_order purchaseOrders"
    " legacy_total legacyTotal LegacyTotal LEGACY_TOTAL legacy total legacy__total boss__legacy_total shop users Users"
    " user name x PublicShop public".split()
)
_FRAGMENTS = (
    *("x = db.execute('SELECT * FROM {0}')", "q = 'INSERT INTO {0} VALUES (1)'", "f'SELECT {{a}}.{1} FROM {0} a'"),
    *("cur.execute('UPDATE ' + '{0}' + ' SET {1} = 1')", "class {0}(models.Model):\n    {1} = models.TextField()"),
    *("from django.db import models", "class A(Base):\n    __tablename__ = '{0}'\n    {1} = Column(Integer)"),
    *("class M:\n    {1} = mapped_column()", "t = Table('{0}', m, Column('{1}'))", "{0}.objects.filter({1}__in=x)"),
    *("x.{1}", "fields = ['{1}', 'id']", "'''the {1} of {0}'''", "f(**{{'{1}': 2}})", "import {0}.{1}"),
    *("class Meta:\n    db_table = '{0}'", "where = ['{1} IS TRUE']", "SELECT {1} FROM {0};", "DELETE FROM {0};"),
    *("model {0} {{\n  {1} String\n}}", "{0}: {1}", "const {0} = {{ {1}: 1 }}", ":{1} => {0}", "this.{1}"),
)
_EVERY_FILE = replace(KNOWN, words=None)
_PIECES = st.tuples(st.sampled_from(_FRAGMENTS), _NAMES, _NAMES)
_SCANNERS = (
    *(("shop/a.py", python_code.scan), ("a/models.py", python_code.scan)),
    *(("a.sql", sql_text.scan), ("a.rb", words.scan), ("a.prisma", prisma_schema.scan)),
)


@given(st.lists(_PIECES, min_size=1, max_size=5))
def test_what_is_passed_over_uses_nothing(pieces: list[tuple[str, str, str]]) -> None:
    text = "\n".join(form.format(one, two) for form, one, two in pieces)
    if KNOWN.may_be_used_in(text):
        return
    for path, scan in _SCANNERS:
        assert not [str(r) for r in scan(path, text, _EVERY_FILE).references if _is_asked(r.table, r.column)]


def _is_asked(table: str, column: str | None) -> bool:
    return table == _TABLE.name or (table == "" and column == "legacy_total")
