"""Which policies open the files of a private bucket."""

import pytest

FOLDER = "(storage.foldername(name))[1]"


@pytest.mark.parametrize(
    ("condition", "reported"),
    [
        ("bucket_id = 'private-docs'", True),
        (f"bucket_id = 'private-docs' AND {FOLDER} IS NOT NULL", True),
        (f"bucket_id = 'private-docs' AND {FOLDER} = 'shared'", False),
        (f"bucket_id = 'private-docs' AND {FOLDER} = (SELECT auth.uid())::text", False),
        ("bucket_id = 'avatars' OR (bucket_id = 'private-docs' AND auth.jwt() -> 'app_metadata' ? 'admin')", False),
    ],
)
def test_a_private_bucket_is_open_where_nothing_limits_its_files(told, condition, reported):
    text = f"CREATE POLICY p ON storage.objects FOR SELECT TO authenticated USING ({condition});"
    assert told("private-bucket-open", text) == (["storage.objects.p"] if reported else [])


@pytest.mark.parametrize(("roles", "reported"), [("public", True), ("service_role", False), ("anon", False)])
def test_a_restriction_that_asks_for_another_role_than_those_it_is_for_stops_uploads(told, roles, reported):
    text = "CREATE POLICY put ON storage.objects FOR INSERT TO authenticated WITH CHECK (bucket_id = 'docs');"
    text += "CREATE POLICY shut ON storage.objects AS RESTRICTIVE FOR INSERT"
    text += f" TO {roles} WITH CHECK (auth.role() = 'service_role');"
    assert told("never-true-condition", text) == (["storage.objects.shut"] if reported else [])
