"""What the doctor says about the role of an open connection."""

from gatepost.doctor.session import session_answers


def test_an_owner_who_does_not_see_the_own_rows(rolled_back_as_superuser):
    connection = rolled_back_as_superuser
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE ROLE gp_blind NOBYPASSRLS; CREATE SCHEMA gp_rows AUTHORIZATION gp_blind; SET ROLE gp_blind;"
            "CREATE TABLE gp_rows.notes (id int); ALTER TABLE gp_rows.notes ENABLE ROW LEVEL SECURITY"
        )

        def owner():
            return [answer for answer in session_answers(connection) if answer.topic == "owner"]

        assert owner() == []
        cursor.execute("ALTER TABLE gp_rows.notes FORCE ROW LEVEL SECURITY")
        (answer,) = owner()
        assert answer.message.startswith('"gp_blind" sees no rows of 1 of its own tables, such as "gp_rows.notes"')
        assert 'ALTER ROLE "gp_blind" BYPASSRLS' in answer.fix
        cursor.execute("CREATE POLICY backend ON gp_rows.notes TO gp_blind USING (true)")
        assert owner() == []
