"""What users of other tools reported about types, locks and partitions in a deploy: here it comes out right.

More of these stand where the subject is tested: a type that is used again (alembic #566, #796, #1254), partitions that
were to be dropped (alembic #539) and that come each month (Supabase CLI #2970), deploys at once (alembic #633), and
an owner who is another role (pgcopydb #136).
"""

import pytest
from alembic.util import CommandError
from sqlalchemy import Column, Enum, Text

from gatepost import owner
from tests.migrate.test_locks import PATIENT_ONLY_A_MOMENT, WAITING, deploy, reader, revision_with_blocks, until


def test_a_label_is_added_without_touching_the_rows(project, notes):
    """alembic-postgresql-enum #133: the type was made anew, and millions of rows rewritten under an exclusive lock."""

    def with_labels(*labels):
        return notes(Column("state", Enum(*labels, name="st")))

    project.starts(with_labels("open"))
    project.say(with_labels("open", "closed"))
    project.revise()
    project.options |= PATIENT_ONLY_A_MOMENT
    with reader(project):
        project.upgrade()
    project.check()


def test_a_new_label_is_the_new_default_in_the_same_deploy(project, notes):
    """drizzle-orm #3466: "unsafe use of new value", since everything ran in one transaction."""

    def with_default(*labels, default):
        return notes(Column("state", Enum(*labels, name="st"), server_default=default))

    project.starts(with_default("one", "two", default="one"))
    project.lands(with_default("one", "two", "four", default="four"))


def test_an_enum_that_is_kept_as_text_makes_no_type(project, notes):
    """alembic-postgresql-enum #19: native_enum=False."""
    revision = project.lands(notes(Column("state", Enum("open", "closed", name="st", native_enum=False))))
    assert "EnumEntity" not in revision.text
    assert project.rows("SELECT to_regtype('st')") == [(None,)]


def test_an_enum_with_a_metadata_of_its_own_is_made(project, notes):
    """alembic #868: with metadata=, nobody made the type."""

    def build(metadata):
        notes(Column("state", Enum("open", "closed", name="st", metadata=metadata)))(metadata)

    project.lands(build)


@pytest.mark.subprocess
def test_an_index_that_is_made_concurrently_waits_for_as_long_as_it_takes(project, notes):
    """pg-schema-diff #60: the time-out of everything else ended it, and left an invalid index."""
    project.starts(notes(rules=lambda t: [owner(t.c.user_id)]))
    revision_with_blocks(project, "r1")
    with reader(project, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1"):
        process = deploy(project, "-x", "lock_timeout=0.02", "-x", "lock_attempts=1")
        until(lambda: project.rows(WAITING) or process.poll() is not None, "the index did not wait")
        assert process.poll() is None, process.communicate()[0]
    assert process.wait(timeout=120) == 0
    assert project.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_seen'::regclass") == [(True,)]
    process.communicate()


def test_the_table_of_the_tool_itself_does_not_block_in_silence(project, notes):
    """Supabase CLI #2023: the history of migrations was altered without a time-out."""
    project.starts(notes())
    project.say(notes(Column("title", Text)))
    project.revise()
    project.options |= PATIENT_ONLY_A_MOMENT
    lock = "LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"
    with reader(project, lock), pytest.raises(CommandError, match=r"alembic_version.*LOCK TABLE…; nothing was changed"):
        project.upgrade()
