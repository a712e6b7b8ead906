"""Numbers that identify rows, and UUIDs in their place: the same in every run, and wherever a row refers to another."""

from uuid import UUID, uuid5

import pytest

from gatepost import transfer
from gatepost.errors import TransferError
from gatepost.transfer import Options, RowsRefused
from gatepost.transfer.mapping.read_toml import read_mapping
from gatepost.transfer.mapping.write_toml import write_mapping

OLD = "00000000-0000-4000-8000-0000000000aa"


@pytest.fixture
def app(sqlite_file, target):
    path = sqlite_file(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE note (id INTEGER PRIMARY KEY, user_id REFERENCES users, up INTEGER, code TEXT)",
        "INSERT INTO users VALUES (1, 'ann'), (7, 'bob')",
        "INSERT INTO note VALUES (1, 7, NULL, '1'), (2, 1, 1, '7'), (3, NULL, 2, NULL)",
    )
    return path, target(
        "CREATE TABLE users (id uuid PRIMARY KEY, name text)",
        "CREATE TABLE note (id uuid PRIMARY KEY, user_id uuid REFERENCES users, up uuid REFERENCES note, code text)",
    )


def test_a_key_and_everything_that_refers_to_it_get_the_same_new_ids_in_every_run(app, tmp_path, rows):
    path, connection = app
    file = tmp_path / "mapping.toml"
    planned = transfer.plan(path, connection)
    write_mapping(planned.mapping, file, path.name)
    # "up" says nowhere in the source what it refers to; the target's foreign key would be to its own table.
    text = file.read_text()
    assert 'user_id = { to = "user_id", ids = "users" }' in text
    assert 'up = "up"' in text
    file.write_text(text.replace('up = "up"', 'up = { to = "up", ids = "note" }'))
    mapping = read_mapping(file)
    options = Options(mapping=mapping, mode="replace")
    found = []
    for _ in range(2):
        assert transfer.run(transfer.plan(path, connection, options=options), connection).rows == 5
        found.append(rows("SELECT n.id, u.name, v.code FROM note n LEFT JOIN users u ON u.id = n.user_id"
                          " LEFT JOIN note v ON v.id = n.up ORDER BY n.code NULLS LAST"))  # fmt: skip
    assert found[0] == found[1]
    assert [row[1:] for row in found[0]] == [("bob", None), ("ann", "1"), (None, "7")]
    assert found[0][0][0] == str(uuid5(UUID(mapping.namespace), "note:1"))
    assert transfer.check(path, connection, options=options).mismatches == ()


def test_corrected_rejects_get_the_new_ids_too(app, tmp_path, rows, target):
    path, connection = app
    target("ALTER TABLE users ADD CHECK (name <> 'bob')")
    file, aside = tmp_path / "mapping.toml", tmp_path / "aside"
    write_mapping(transfer.plan(path, connection).mapping, file, path.name)
    options = Options(mapping=read_mapping(file), ignore_columns=("note.up",), rejects=aside)
    assert transfer.run(transfer.plan(path, connection, options=options), connection).rows == 3
    (aside / "users.jsonl").write_text((aside / "users.jsonl").read_text().replace('"bob"', '"rob"'))
    transfer.run_rejects(aside, connection, options=Options(mapping=options.mapping))
    assert rows("SELECT u.name FROM note n JOIN users u ON u.id = n.user_id ORDER BY 1") == [("ann",), ("rob",)]


def test_a_row_that_has_its_new_id_already_keeps_it(app, tmp_path, rows):
    path, connection = app
    file = tmp_path / "mapping.toml"
    write_mapping(transfer.plan(path, connection).mapping, file, path.name)
    file.write_text(file.read_text().replace("[ids]", f'[ids]\nknown.users.7 = "{OLD}"'))
    options = Options(mapping=read_mapping(file), ignore_columns=("note.up",))
    transfer.run(transfer.plan(path, connection, options=options), connection)
    assert rows("SELECT id FROM users WHERE name = 'bob'") == [(OLD,)]
    assert rows("SELECT user_id FROM note WHERE code = '1'") == [(OLD,)]


def test_numbers_are_no_uuids_unless_a_mapping_says_so(app, target, tmp_path):
    path, connection = app
    with pytest.raises(RowsRefused, match="is an integer, which uuid cannot hold exactly") as caught:
        transfer.run(transfer.plan(path, connection), connection)
    assert "--write-mapping mapping.toml  # makes a UUID of each number" in caught.value.hint
    file = tmp_path / "mapping.toml"
    write_mapping(transfer.plan(path, connection).mapping, file, path.name)
    target("ALTER TABLE note DROP user_id, ADD user_id int")
    with pytest.raises(TransferError, match=r'"note\.user_id" is of type "integer", which cannot hold the new ids'):
        transfer.plan(path, connection, options=Options(mapping=read_mapping(file)))
