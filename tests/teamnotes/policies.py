"""Who may do what: a member sees the team's notes and writes the own ones, an admin runs the team."""

from sqlmodel import select

from gatepost import allow, authenticated, call, claim, member, owner, protect, restrict, through, uid
from tests.teamnotes.models import Comment, File, Invitation, Membership, Note, Organisation, Profile, Team

HELPERS = """
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.in_team(team uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.memberships m WHERE m.team_id = team AND m.user_id = (SELECT auth.uid())) $$;
CREATE FUNCTION private.is_admin(team uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.memberships m
                        WHERE m.team_id = team AND m.user_id = (SELECT auth.uid()) AND m.role = 'admin') $$;
CREATE FUNCTION private.is_teammate(person uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.memberships mine JOIN public.memberships theirs USING (team_id)
                        WHERE mine.user_id = (SELECT auth.uid()) AND theirs.user_id = person) $$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA private FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA private TO authenticated, service_role;
"""
my_teams = select(Membership.team_id).where(Membership.user_id == uid())
my_notes = select(Note.id)
is_mine = {"of": Membership.team_id, "user": Membership.user_id}


def declare() -> None:
    """Declare the application, inside `gatepost.declaring()`."""
    protect(
        Profile,
        allow("select", to=authenticated, where=(Profile.id == uid()) | call("private.is_teammate", Profile.id)),
        owner(Profile.id, "insert"),
        owner(Profile.id, "update", columns=[Profile.display_name]),
        hide=[Profile.stripe_customer],
    )
    protect(
        Organisation,
        allow("select", to=authenticated, where=Organisation.id.in_(select(Team.organisation_id))),
        allow(
            "update",
            to=authenticated,
            where=Organisation.id.in_(
                select(Team.organisation_id).where(
                    Team.id.in_(my_teams.where(Membership.role == "admin"))  # who runs a team of it
                )
            ),
            columns=[Organisation.name],
        ),
    )
    protect(
        Team,
        member(Team.id, **is_mine),
        member(Team.id, "update", where=Membership.role == "admin", columns=[Team.name], **is_mine),
    )
    protect(
        Membership,
        allow("select", to=authenticated, where=call("private.in_team", Membership.team_id)),
        allow(
            "insert",
            to=authenticated,
            check=call("private.is_admin", Membership.team_id),
            columns=[Membership.team_id, Membership.user_id],  # who joins is no admin
        ),
        allow(
            "delete",
            to=authenticated,
            where=(Membership.user_id == uid()) | call("private.is_admin", Membership.team_id),
        ),
    )
    protect(
        Invitation,
        allow(
            "select",
            to=authenticated,
            where=(Invitation.email == claim("email")) | call("private.is_admin", Invitation.team_id),
        ),
        allow(
            "insert",
            to=authenticated,
            check=(Invitation.invited_by == uid()) & call("private.is_admin", Invitation.team_id),
        ),
        allow("delete", to=authenticated, where=call("private.is_admin", Invitation.team_id)),
        restrict("insert", to=authenticated, check=claim("aal") == "aal2"),
        hide=[Invitation.token],
    )
    protect(
        Note,
        allow(
            "select",
            to=authenticated,
            where=Note.team_id.in_(my_teams) & (~Note.is_draft | (Note.author_id == uid())),
        ),
        allow("insert", to=authenticated, check=(Note.author_id == uid()) & Note.team_id.in_(my_teams)),
        allow("update", to=authenticated, where=(Note.author_id == uid()) & Note.team_id.in_(my_teams)),
        allow(
            "delete",
            to=authenticated,
            where=(Note.author_id == uid()) | Note.team_id.in_(my_teams.where(Membership.role == "admin")),
        ),
    )
    protect(
        Comment,
        through(Comment.note_id),
        allow("insert", to=authenticated, check=(Comment.author_id == uid()) & Comment.note_id.in_(my_notes)),
        owner(Comment.author_id, "update", columns=[Comment.body]),
        owner(Comment.author_id, "delete"),
    )
    protect(
        File,
        through(File.note_id),
        allow("insert", to=authenticated, check=(File.uploader_id == uid()) & File.note_id.in_(my_notes)),
        owner(File.uploader_id, "delete"),
    )
