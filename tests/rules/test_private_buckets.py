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
