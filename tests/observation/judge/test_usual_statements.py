"""What clients send and the policies refuse, although they let the sender write such a row, is information."""

import pytest

TABLE = """
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text,
                    deleted_at timestamptz);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON notes TO authenticated;
CREATE POLICY add ON notes FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY edit ON notes FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY see ON notes FOR SELECT TO {role} USING ({using});
"""
OWN = "user_id = (SELECT auth.uid())"
BOTH = ["insert: INSERT … ON CONFLICT DO UPDATE", "insert: INSERT … RETURNING"]
THROUGH = 'it reads the new row, too, which "see" for SELECT does not let through'


@pytest.mark.parametrize(
    ("using", "role", "refused", "why"),
    [
        (OWN, "authenticated", [], ""),
        (
            f"{OWN} AND deleted_at IS NULL",
            "authenticated",
            ["update: an UPDATE that marks a row of their own as deleted"],
            f"as deleted, with a filter: {THROUGH}",
        ),
        (f"{OWN} AND id < 0", "authenticated", BOTH, THROUGH),
        (f"{OWN} AND body <> 'draft'", "authenticated", BOTH, f", for some of them: {THROUGH}"),
        (OWN, "anon", BOTH, '"authenticated" has no policy for SELECT, and it reads the new row, too'),
    ],
    ids=["sound", "soft delete", "unseen", "unseen draft", "nobody sees"],
)
def test_a_new_row_that_its_writer_may_not_see_is_refused_to_clients(designs, using, role, refused, why):
    result = designs.observe(TABLE.format(using=using, role=role))
    found = [one for one in result.findings if one.rule == "usual-statement-refused"]
    assert sorted(one.detail for one in found) == refused
    assert {one.severity for one in found} <= {"info"}
    assert all("ann" in one.message and one.message.endswith(why) and one.witness for one in found), found
