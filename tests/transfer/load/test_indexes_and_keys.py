"""What is taken off comes back as it was, and what cannot come back is never taken off."""

import pytest

from gatepost import transfer
from gatepost.transfer.load.indexes_and_keys import take_off

TABLES = (
    "CREATE TABLE parent (id int PRIMARY KEY, name text, tag text UNIQUE NULLS NOT DISTINCT, span int4range)",
    "CREATE TABLE child (id int, parent_id int, a text, b text, PRIMARY KEY (id) INCLUDE (a))",
    "CREATE INDEX odd ON child (lower(a) DESC NULLS LAST, b text_pattern_ops) WHERE b <> ''",
    'CREATE UNIQUE INDEX "a name" ON child (a) WITH (fillfactor = 70)',
    "COMMENT ON INDEX odd IS 'it''s a comment'",
    "ALTER TABLE child ADD CONSTRAINT up FOREIGN KEY (parent_id) REFERENCES parent ON DELETE CASCADE DEFERRABLE",
    "ALTER TABLE child ADD CONSTRAINT later UNIQUE (b) DEFERRABLE INITIALLY DEFERRED",
    "COMMENT ON CONSTRAINT up ON child IS 'a key'",
    "ALTER TABLE child ADD CONSTRAINT positive CHECK (id > 0)",
    "ALTER TABLE parent ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE parent FORCE ROW LEVEL SECURITY",
    "CREATE POLICY \"a policy\" ON parent FOR SELECT TO authenticated USING (name = 'x')",
    "GRANT SELECT (id) ON parent TO authenticated",
)
PHOTOGRAPH = """
SELECT 'index', pg_get_indexdef(indexrelid), indisvalid, obj_description(indexrelid, 'pg_class') FROM pg_index
WHERE indrelid IN ('parent'::regclass, 'child'::regclass)
UNION ALL SELECT conname, pg_get_constraintdef(oid), convalidated, obj_description(oid, 'pg_constraint')
FROM pg_constraint WHERE conrelid IN ('parent'::regclass, 'child'::regclass)
UNION ALL SELECT polname, pg_get_expr(polqual, polrelid), true, NULL FROM pg_policy
UNION ALL SELECT relname, relacl::text, relrowsecurity, relforcerowsecurity::text FROM pg_class
WHERE oid IN ('parent'::regclass, 'child'::regclass)
UNION ALL SELECT attname, attacl::text, attnotnull, NULL FROM pg_attribute
WHERE attrelid IN ('parent'::regclass, 'child'::regclass) AND attnum > 0
ORDER BY 1, 2
"""


@pytest.fixture
def plan(sqlite_file, target):
    target(*TABLES)
    path = sqlite_file(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT, tag TEXT)",
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER, a TEXT, b TEXT)",
        ("INSERT INTO parent VALUES (?, ?, ?)", [(1, "n", "t"), (2, "n", None)]),
        ("INSERT INTO child VALUES (?, ?, ?, ?)", [(1, 2, "a", "b"), (2, None, "c", "d")]),
    )
    connection = target()
    return transfer.plan(path, connection, options=transfer.Options(ignore_columns=("parent.span",)))


def test_everything_is_as_it_was(plan, connection, rows):
    before = rows(PHOTOGRAPH)
    assert transfer.run(plan, connection).rows == 4
    assert rows(PHOTOGRAPH) == before


def test_indexes_and_keys_are_off_while_rows_arrive(plan, connection):
    removed = take_off(connection, plan.tables)
    assert sorted(part.name for part in removed.indexes) == [
        "a name", "child_pkey", "later", "odd", "parent_pkey", "parent_tag_key",
    ]  # fmt: skip
    assert [part.name for part in removed.foreign_keys] == ["up"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_index WHERE indrelid IN ('parent'::regclass, 'child'::regclass)")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("CREATE TABLE outsider (parent_id int REFERENCES parent)", "parent_pkey"),
        ("CREATE VIEW seen AS SELECT id, name FROM parent GROUP BY id", "parent_pkey"),
        ('ALTER TABLE child CLUSTER ON "a name"', "a name"),
        ("ALTER TABLE parent REPLICA IDENTITY USING INDEX parent_pkey", "parent_pkey"),
        ("ALTER INDEX odd ALTER COLUMN 1 SET STATISTICS 500", "odd"),
    ],
)
def test_what_could_not_come_back_as_it_was_stays(plan, target, rows, statement, kept):
    connection = target(statement)
    before = rows(PHOTOGRAPH)
    assert kept not in {part.name for part in take_off(connection, plan.tables).indexes}
    connection.rollback()
    transfer.run(transfer.plan(plan.path, connection, options=_also_ignoring(plan, "outsider")), connection)
    assert rows(PHOTOGRAPH) == before


def _also_ignoring(plan, table):
    from dataclasses import replace

    return replace(plan.options, ignore_tables=(table,))


def test_partitions_keep_their_keys(sqlite_file, target, rows):
    connection = target(
        "CREATE TABLE log (id int PRIMARY KEY, x text) PARTITION BY RANGE (id)",
        "CREATE TABLE log_low PARTITION OF log FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE log_rest PARTITION OF log DEFAULT",
    )
    path = sqlite_file("CREATE TABLE log (id INTEGER PRIMARY KEY, x)", "INSERT INTO log VALUES (1, 'a'), (11, 'b')")
    assert transfer.run(transfer.plan(path, connection), connection).rows == 2
    assert rows("SELECT tableoid::regclass::text, id FROM log ORDER BY id") == [("log_low", 1), ("log_rest", 11)]


def test_triggers_fire_as_always(plan, target, rows):
    connection = target(
        "CREATE TABLE trail (id int)",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO trail VALUES (NEW.id); RETURN NEW; END $$",
        "CREATE TRIGGER note BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION note()",
    )
    transfer.run(transfer.plan(plan.path, connection, options=_also_ignoring(plan, "trail")), connection)
    assert rows("SELECT id FROM trail ORDER BY id") == [(1,), (2,)]
