"""One mistake a mutation, each an ordinary one: what somebody types in the SQL editor, or forgets in a migration."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """A change of the application's access story.

    Args:
        name: What is wrong, as the page says it.
        tables: The tables that the mistake is about.
        sql: What makes it.
    """

    name: str
    tables: tuple[str, ...]
    sql: str


MY_TEAMS = "team_id IN (SELECT m.team_id FROM memberships m WHERE m.user_id = (SELECT auth.uid()))"
MUTATIONS = (
    Mutation("row security of notes is off", ("notes",), "ALTER TABLE notes DISABLE ROW LEVEL SECURITY"),
    Mutation(
        "notes are read by everybody who signs in",
        ("notes",),
        "ALTER POLICY notes_select_authenticated ON notes USING ((SELECT auth.uid()) IS NOT NULL)",
    ),
    Mutation(
        "notes are read by members of any team, since the sub-select compares its own column with itself",
        ("notes",),
        """ALTER POLICY notes_select_authenticated ON notes USING (EXISTS (
             SELECT FROM memberships m WHERE m.team_id = team_id AND m.user_id = (SELECT auth.uid())))""",
    ),
    Mutation(
        "drafts are read by the whole team",
        ("notes",),
        f"ALTER POLICY notes_select_authenticated ON notes USING ({MY_TEAMS})",
    ),
    Mutation(
        "notes are written in a teammate's name",
        ("notes",),
        f"ALTER POLICY notes_insert_authenticated ON notes WITH CHECK ({MY_TEAMS})",
    ),
    Mutation(
        "notes are put into other people's teams",
        ("notes",),
        "ALTER POLICY notes_insert_authenticated ON notes WITH CHECK (author_id = (SELECT auth.uid()))",
    ),
    Mutation(
        "notes are moved into other people's teams by UPDATE",
        ("notes",),
        "ALTER POLICY notes_update_authenticated ON notes WITH CHECK (author_id = (SELECT auth.uid()))",
    ),
    Mutation(
        "notes are deleted by every member and not only by an admin",
        ("notes",),
        f"ALTER POLICY notes_delete_authenticated ON notes USING ({MY_TEAMS})",
    ),
    Mutation(
        "comments are read by everybody, since a second policy was left from a demo",
        ("comments",),
        "CREATE POLICY demo ON comments FOR SELECT TO authenticated USING (true)",
    ),
    Mutation(
        "comments are put under notes that their author cannot see",
        ("comments",),
        "ALTER POLICY comments_insert_authenticated ON comments WITH CHECK (author_id = (SELECT auth.uid()))",
    ),
    Mutation(
        "comments are edited by every reader of the note",
        ("comments",),
        """ALTER POLICY comments_update_owner ON comments USING (note_id IN (SELECT id FROM notes))
           WITH CHECK (note_id IN (SELECT id FROM notes))""",
    ),
    Mutation(
        "files are uploaded in somebody else's name",
        ("files",),
        "ALTER POLICY files_insert_authenticated ON files WITH CHECK (note_id IN (SELECT id FROM notes))",
    ),
    Mutation(
        "files are read through a view that runs as its owner",
        ("files", "recent_files"),
        """CREATE VIEW recent_files AS SELECT id, note_id, path FROM files ORDER BY size DESC LIMIT 100;
           GRANT SELECT ON recent_files TO authenticated""",
    ),
    Mutation(
        "everybody joins any team",
        ("memberships",),
        "ALTER POLICY memberships_insert_authenticated ON memberships WITH CHECK (user_id = (SELECT auth.uid()))",
    ),
    Mutation(
        "a member makes themselves an admin",
        ("memberships",),
        """GRANT UPDATE ON memberships TO authenticated;
           CREATE POLICY own ON memberships FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid()))""",
    ),
    Mutation(
        "every member of some team is admin of all, since the helper forgot the team",
        ("memberships", "invitations"),
        """CREATE OR REPLACE FUNCTION private.is_admin(team uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
           SET search_path = '' AS $$ SELECT EXISTS (SELECT FROM public.memberships m
           WHERE m.user_id = (SELECT auth.uid()) AND m.role = 'admin') $$""",
    ),
    Mutation(
        "invitations are read by whoever writes the address into the own user_metadata",
        ("invitations",),
        """ALTER POLICY invitations_select_authenticated ON invitations USING (
             email = (SELECT auth.jwt() -> 'user_metadata' ->> 'email') OR private.is_admin(team_id))""",
    ),
    Mutation(
        "the second factor is asked for by a policy that is permissive",
        ("invitations",),
        """DROP POLICY invitations_insert_restrict ON invitations;
           CREATE POLICY invitations_insert_restrict ON invitations FOR INSERT TO authenticated
             WITH CHECK ((SELECT auth.jwt() ->> 'aal') = 'aal2')""",
    ),
    Mutation(
        "the customer number of a teammate is read, since a grant gave all columns",
        ("profiles",),
        "GRANT SELECT ON profiles TO authenticated",
    ),
    Mutation(
        "profiles are read by people without an account",
        ("profiles",),
        """GRANT SELECT ON profiles TO anon;
           CREATE POLICY public_profiles ON profiles FOR SELECT TO anon USING (display_name IS NOT NULL)""",
    ),
    Mutation(
        "an organisation's plan is changed by every member, who may write its row",
        ("organisations",),
        """GRANT UPDATE ON organisations TO authenticated;
           ALTER POLICY organisations_update_authenticated ON organisations
             USING (id IN (SELECT organisation_id FROM teams))
             WITH CHECK (id IN (SELECT organisation_id FROM teams))""",
    ),
)
