"""What a target names, and what of a folder is read and how: no database is needed for that."""

import pytest

from gatepost.errors import SettingsError
from gatepost.sources import parse_source
from gatepost.sources.causes import Failure, causes, made
from gatepost.sources.files import Script, decoded, migrations, script_of
from gatepost.sources.profile import SCHEMAS, read_profile
from gatepost.sources.statements.splitting import split


@pytest.fixture
def project(tmp_path):
    """A project of every kind of target, in the working directory."""
    folder = tmp_path / "supabase" / "migrations"
    (folder / "rollbacks").mkdir(parents=True)
    for name in ("10_b.sql", "0002_a.sql", "notes.sql", "9_readme.md", "rollbacks/0001_undo.sql"):
        (folder / name).write_text("select 1;")
    (tmp_path / "one.sql").write_text("select 1;")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "alembic.ini").write_text("[alembic]")
    (tmp_path / "photo.png").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        (".", "folder", "supabase/migrations"),
        ("supabase", "folder", "supabase/migrations"),
        ("supabase/migrations", "folder", "supabase/migrations"),
        ("one.sql", "file", "one.sql"),
        ("app", "alembic", "app/alembic.ini"),
        ("app/alembic.ini", "alembic", "app/alembic.ini"),
        ("-", "input", None),
        ("postgresql://u:p@h/d", "url", None),
        ("host=h dbname=d", "url", None),
    ],
)
def test_a_target_is_what_is_there(project, monkeypatch, text, kind, path):
    monkeypatch.chdir(project)
    source = parse_source(text)
    assert (source.kind, source.path and source.path.as_posix()) == (kind, path)


@pytest.mark.parametrize("text", ["supabase/migratoins", "nowhere.sql", "migrations", "photo.png"])
def test_what_is_not_there_is_refused_by_name(project, monkeypatch, text):
    monkeypatch.chdir(project)
    with pytest.raises(SettingsError, match=text):
        parse_source(text)


def test_a_folder_is_read_in_the_order_of_its_names_and_the_rest_is_counted(project):
    found = migrations(project / "supabase" / "migrations")
    assert [file.name for file in found.files] == ["0002_a.sql", "10_b.sql"]
    assert len(found.skipped) == 2  # a name without digits, and a folder


def test_a_folder_of_folders_is_prismas_and_one_without_migrations_is_refused(tmp_path):
    (tmp_path / "20240101_init").mkdir()
    (tmp_path / "20240101_init" / "migration.sql").write_text("")
    assert [file.parent.name for file in migrations(tmp_path).files] == ["20240101_init"]
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "schema.sql").write_text("")
    with pytest.raises(SettingsError, match=r'holds no migration: "schema\.sql" is there'):
        migrations(tmp_path / "plain")


def test_files_that_a_builder_named_are_taken_where_no_others_are(tmp_path):
    for name in ("20250611004730-b.sql", "20250610103253-a.sql", "7-x.sql"):
        (tmp_path / name).write_text("SELECT 1;")
    found = migrations(tmp_path)
    assert [file.name for file in found.files] == ["20250610103253-a.sql", "20250611004730-b.sql"]
    assert (found.skipped, found.by_builders) == (("7-x.sql",), True)
    (tmp_path / "20250612000000_c.sql").write_text("SELECT 1;")
    assert migrations(tmp_path).skipped == ("20250610103253-a.sql", "20250611004730-b.sql", "7-x.sql")


def test_what_is_skipped_is_named_and_what_is_named_almost_as_a_migration_too(tmp_path):
    names = ("0001_a.sql", "0004_Open.SQL", "20240101-open.sql", "7.sql", "notes.sql", "0005_dir/up.sql", "x.sql/y.txt")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = migrations(tmp_path)
    assert found.skipped == ("0004_Open.SQL", "0005_dir/", "20240101-open.sql", "7.sql", "notes.sql")
    assert found.alike == ("0004_Open.SQL", "0005_dir/", "20240101-open.sql", "7.sql")


def test_a_folder_called_like_a_file_is_none(tmp_path):
    (tmp_path / "dir.sql").mkdir()
    with pytest.raises(SettingsError, match=r"holds no migration\b(?!:)"):
        migrations(tmp_path)


@pytest.mark.parametrize(
    ("data", "line"), [(b"select 1;\nselect '\xe9';", 2), ("select 'é';".encode(), 0), ("é".encode("utf-16"), 0)]
)
def test_the_line_that_is_no_utf_8_is_known(data, line):
    assert script_of(data, "0001_a.sql").foreign == line


def test_a_device_is_neither_a_file_nor_a_folder():
    with pytest.raises(SettingsError, match='"/dev/null" is neither a file nor a folder'):
        parse_source("/dev/null")


@pytest.mark.parametrize(
    ("config", "files"),
    [
        (None, ["a_tables.sql", "b/policies.sql", "c_late.sql"]),
        ("[db.migrations]\nschema_paths = ['./schemas/c_late.sql', './schemas/*.sql']", ["c_late.sql", "a_tables.sql"]),
    ],
)
def test_a_declarative_schema_is_read_in_the_order_of_the_configuration_or_of_its_names(tmp_path, config, files):
    folder = tmp_path / "supabase" / "schemas"
    (folder / "b").mkdir(parents=True)
    for name in ("c_late.sql", "a_tables.sql", "b/policies.sql"):
        (folder / name).write_text("")
    if config is not None:
        (folder.parent / "config.toml").write_text(config)
    source = parse_source(str(tmp_path))
    assert source.path == folder
    found = migrations(folder, read_profile(folder).declared)
    assert [file.relative_to(folder).as_posix() for file in found.files] == files
    assert len(found.skipped) == 3 - len(files)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("select 'é';".encode(), "select 'é';"),
        (b"\xef\xbb\xbfselect 1;", "select 1;"),
        ("select 'é';".encode("utf-16"), "select 'é';"),
        (b"select '\xe9';", "select 'é';"),
        (b"", ""),
    ],
)
def test_bytes_are_read_as_whatever_they_are(data, text):
    assert decoded(data, "0001_a.sql") == text


def test_a_file_that_is_no_text_is_refused():
    with pytest.raises(SettingsError, match=r'"0001_a\.sql" holds a NUL'):
        decoded(b"select\x001;", "0001_a.sql")


@pytest.mark.parametrize(
    ("text", "lines", "mistakes"),
    [
        ("select 1\n--> statement-breakpoint\nselect 2;--> statement-breakpoint\r\nselect 3", [1, 3, 4], []),
        ("select 1;\n\\connect other\nselect 2;", [1, 3], [2]),
        ("select 1;\ncopy t (a, b) from stdin;\n1\t'x\n\\.\nselect 2;", [1, 5], [2]),
        ("select 1;\nselect 'open;\nselect 2;", [1], [2]),
        ("-- nothing\n;\n\n", [], []),
        ("--\n-- PostgreSQL database dump\n--\n\n\\restrict abC1\n\nselect 1;\n\\unrestrict abC1\n", [7], []),
    ],
)
def test_what_can_be_run_is_kept_with_its_lines(text, lines, mistakes):
    statements, wrong = split(Script("0001_a.sql", text))
    assert [one.line for one in statements] == lines
    assert [one.line for one in wrong] == mistakes


@pytest.mark.parametrize(
    ("config", "grants", "asked", "expected"),
    [
        (None, None, None, ("open", SCHEMAS, 0)),
        ("", None, None, ("open", SCHEMAS, 0)),
        ("[api]\nauto_expose_new_tables = false\nschemas = ['api']\n[db]\nmajor_version = 15", None, None,
         ("closed", ("api",), 15)),
        ("[api]\nauto_expose_new_tables = false", "open", None, ("open", SCHEMAS, 0)),
    ],
)  # fmt: skip
def test_the_configuration_decides_unless_an_option_does(tmp_path, config, grants, asked, expected):
    folder = tmp_path / "migrations"
    folder.mkdir()
    if config is not None:
        (tmp_path / "config.toml").write_text(config)
    profile = read_profile(folder, grants)
    assert (profile.grants, profile.schemas, profile.major) == expected


@pytest.mark.parametrize(
    "config", ["[api", "[api]\nschemas = 'public'", "[api]\nauto_expose_new_tables = 'no'", "db=1"]
)
def test_a_wrong_configuration_is_an_error_that_names_the_file(tmp_path, config):
    (tmp_path / "config.toml").write_text(config)
    with pytest.raises(SettingsError, match=r"config\.toml"):
        read_profile(tmp_path)


def test_seeds_are_those_that_the_configuration_names(tmp_path):
    (tmp_path / "seeds").mkdir()
    for name in ("seeds/b.sql", "seeds/a.sql", "seed.sql"):
        (tmp_path / name).write_text("")
    (tmp_path / "config.toml").write_text('[db.seed]\nsql_paths = ["./seeds/*.sql", "./none.sql", "../*/*.toml"]')
    assert [file.name for file in read_profile(tmp_path / "migrations").seeds] == ["a.sql", "b.sql"]
    (tmp_path / "config.toml").unlink()
    assert [file.name for file in read_profile(tmp_path / "migrations").seeds] == ["seed.sql"]


def test_a_failure_that_follows_from_another_is_beneath_it():
    failures = [
        Failure("a:1", 'extension "uuid-ossp" is not available', "0A000", 'create extension "uuid-ossp"'),
        Failure("a:2", "function uuid_generate_v4() does not exist", "42883", "create table public.notes (id uuid)"),
        Failure("a:3", 'relation "public.notes" does not exist', "42P01", "alter table public.notes add column x int"),
        Failure("b:1", 'column "x" of relation "notes" does not exist', "42703", "update notes set x = 1"),
        Failure("b:2", 'relation "other" does not exist', "42P01", "select * from other"),
    ]
    assert [(one.failure.place, len(one.followers)) for one in causes(failures)] == [("a:1", 3), ("b:2", 0)]


def test_what_a_block_makes_is_found_in_it():
    text = 'do $$ begin create table if not exists public."Users" (id int); create type x.mood as enum (); end $$'
    assert made(text) == {"Users", "mood"}
