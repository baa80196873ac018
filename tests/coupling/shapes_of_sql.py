"""Migrations in SQL that is more than SQL, and what they do to the verdict."""

from tests.coupling.shape_repository import Shape, shape
from tests.coupling.shapes_of_uses import NODE, USED

SQL: dict[str, Shape] = {
    "flyway placeholder": shape(
        {}, {"src/main/resources/db/migration/V2__a.sql": "ALTER TABLE ${schema}.users ADD COLUMN nick text;\n"}
    ),
    "flyway placeholder drop": shape(
        NODE,
        {"src/main/resources/db/migration/V2__a.sql": "ALTER TABLE ${schema}.users DROP COLUMN legacy_flag;\n"},
        *USED,
    ),
    "psql variable": shape({}, {"migrations/2.sql": "ALTER TABLE :schema.users ADD COLUMN nick text;\n"}),
    "copy from stdin": shape({}, {"migrations/2.sql": "CREATE TABLE a (id int);\nCOPY a (id) FROM stdin;\n1\n\\.\n"}),
    "psql set": shape({}, {"migrations/2.sql": "\\set ON_ERROR_STOP on\nCREATE TABLE a (id int);\n"}),
    "empty sql": shape({}, {"migrations/2.sql": "-- nothing\n"}),
    "jinja": shape({}, {"migrations/2.sql": "ALTER TABLE {{ schema }}.users ADD COLUMN nick text;\n"}),
    "do block": shape(
        NODE, {"migrations/2.sql": "DO $$ BEGIN ALTER TABLE users DROP COLUMN legacy_flag; END $$;\n"}, *USED
    ),
    "do execute": shape(
        NODE, {"migrations/2.sql": "DO $$ BEGIN EXECUTE 'ALTER TABLE users DROP COLUMN legacy_flag'; END $$;\n"}, *USED
    ),
    "drop in a function call": shape(NODE, {"migrations/2.sql": "DROP TABLE IF EXISTS old_a, old_b CASCADE;\n"}),
    "drop schema": shape(
        {"a.go": 'package a\nconst q = "SELECT id FROM legacy.orders"\n'},
        {"migrations/2.sql": "DROP SCHEMA legacy CASCADE;\n"},
        "CPL008",
    ),
    "quoted camel": shape(
        {"src/a.ts": "prisma.user.update({ data: { legacyFlag: true } })\n"},
        {"migrations/2.sql": 'ALTER TABLE "User" DROP COLUMN "legacyFlag";\n'},
        *USED,
    ),
    "rename table used": shape(
        {"a.go": 'package a\nconst q = "SELECT id FROM legacy_orders"\n'},
        {"migrations/2.sql": "ALTER TABLE legacy_orders RENAME TO orders;\n"},
        *USED,
        "CPL008",
    ),
    "enum value rename": shape(
        {"a.go": "package a\n"}, {"migrations/2.sql": "ALTER TYPE mood RENAME VALUE 'a' TO 'b';\n"}
    ),
    "set not null": shape(
        {"a.go": "package a\n"},
        {"migrations/2.sql": "ALTER TABLE users ALTER COLUMN a SET NOT NULL;\n", "a.go": "package b\n"},
        "CPL001",
    ),
    "update only": shape({"a.go": "package a\n"}, {"migrations/2.sql": "UPDATE users SET a = 1;\n"}),
    "do format": shape(
        NODE,
        {"migrations/2.sql": "DO $$ BEGIN EXECUTE format('ALTER TABLE users DROP COLUMN %I', n); END $$;\n"},
        "CPL008",
    ),
    "flyway placeholder as a name": shape(
        NODE, {"migrations/V2__a.sql": "ALTER TABLE users DROP COLUMN ${old};\n"}, "CPL008"
    ),
}
