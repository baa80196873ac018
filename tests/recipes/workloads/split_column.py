"""Old code writes the whole, new code the parts; each reads what the other wrote.

As expand.sql documents, new code reads the parts only after migrate: until then the bridge takes the whole apart.
"""

from decimal import Decimal
from uuid import UUID

from tests.recipes import log_table
from tests.recipes.crud import Column, crud
from tests.recipes.workload import Workload, insert

_WHO = '"Who"'
_LAST = "substr(t.full_name, length(split_part(t.full_name, ' ', 1)) + 2)"


def _draw(number: int) -> dict[str, object]:
    first, last = f"Ann{number}", f"van Berg{number % 9}"
    return {"full_name": f"{first} {last}", "first": first, "last": last, "city": f"city {number % 5}"}


def _draw_spot(number: int) -> dict[str, object]:
    lat, lon = Decimal(number % 90) + Decimal("0.25"), Decimal(number % 170)
    return {"place": f"{lat:.5f},{lon:.5f}", "lat": lat, "lon": lon}


_PLACES = crud('"Geo"."Spots"', {"place": '"Place"'}, key='"Id"')

WORKLOADS = {
    "split_column": Workload(
        fill="INSERT INTO people SELECT g, 'Ann' || g || ' van Berg', 'Ulm' FROM generate_series(1, %(rows)s) g",
        draw=_draw,
        old=crud(
            "people",
            {"full_name": "full_name", "city": "city"},
            insert("INSERT INTO people (id) VALUES (%(key)s)", full_name=None, city=None, first=None, last=None),
        ),
        bridge=crud(
            "people",
            {
                "first": Column("first", reads="coalesce(t.first, split_part(t.full_name, ' ', 1))"),
                "last": Column("last", reads=f"coalesce(t.last, {_LAST})"),
                "city": "city",
            },
        ),
        new=crud(
            "people",
            {"first": "first", "last": "last", "city": "city"},
            insert("INSERT INTO people (id, city) VALUES (%(key)s, %(city)s)", first=None, last=None),
            only_read={"full_name": Column("", reads="nullif(concat_ws(' ', t.first, t.last), '')")},
        ),
        linked=(frozenset({"full_name", "first", "last"}),),
    ),
    "split_column_partitioned": Workload(
        fill=log_table.FILL,
        draw=log_table.draw,
        old=log_table.log({"whole": '"Who"'}, insert(log_table.BARE, whole=None, first=None, last=None)),
        bridge=log_table.log(
            {
                "first": Column("given", reads="""coalesce(t.given, split_part(t."Who", ' ', 1))"""),
                "last": Column("family", reads=f"coalesce(t.family, {_LAST.replace('full_name', _WHO)})"),
            }
        ),
        new=log_table.log({"first": "given", "last": "family"}),
        linked=log_table.LINKED,
        depends_on_server=True,
    ),
    "split_column_old_decides": Workload(
        fill="""
            INSERT INTO "Geo"."Spots"
            SELECT lpad(to_hex(g), 32, '0')::uuid, g % 90 || '.50000,2.00000' FROM generate_series(1, %(rows)s) g
        """,
        draw=_draw_spot,
        old=_PLACES,
        bridge=_PLACES,  # until migrate has ended new code writes the old column, as expand.sql documents
        new=crud('"Geo"."Spots"', {"lat": '"Lat"', "lon": '"Lon"'}, key='"Id"'),
        linked=(frozenset({"place", "lat", "lon"}),),
        key=lambda n: UUID(int=n),
    ),
}
