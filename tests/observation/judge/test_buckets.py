"""Files of a bucket that strangers read, overwrite or delete."""

import pytest

OPEN, OWN = "bucket_id = 'scans'", "bucket_id = 'scans' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text"


@pytest.mark.parametrize(
    ("public", "read", "write", "severities"),
    [
        ("false", OPEN, OWN, {"select:scans": "error"}),
        ("false", OPEN, None, {"select:scans": "warning"}),
        ("false", OWN, OPEN, {"select:scans": "error", "update:scans": "error"}),
        ("false", OWN, OWN, {}),
        ("true", OPEN, OWN, {}),
        ("true", OPEN, OPEN, {"update:scans": "warning"}),
    ],
    ids=["others read", "all read", "others overwrite", "own", "public", "public, all overwrite"],
)
def test_a_bucket_that_strangers_use(designs, public, read, write, severities):
    policies = f"CREATE POLICY r ON storage.objects FOR SELECT TO authenticated USING ({read});"
    if write:
        policies += f"CREATE POLICY w ON storage.objects FOR UPDATE TO authenticated USING ({write});"
        policies += f"CREATE POLICY s ON storage.objects FOR SELECT TO authenticated USING ({write});"
    result = designs.observe(f"""-- gatepost: as superuser
        INSERT INTO storage.buckets (id, name, public) VALUES ('scans', 'scans', {public}); {policies}""")
    found = {one.detail: one for one in result.findings if one.rule == "bucket-open"}
    assert {detail: one.severity for detail, one in found.items()} == severities
    assert all("storage.objects" in one.witness and "ann" not in one.message.split()[0] for one in found.values())


@pytest.mark.parametrize(
    ("read", "found"),
    [
        (OWN, {"insert:scans"}),
        ("bucket_id = 'scans' AND owner = (SELECT auth.uid())", set()),
        ("bucket_id = 'scans' AND storage.extension(name) = 'png'", set()),
    ],
    ids=["by folder", "by the owner that the service writes", "by kind"],
)
def test_an_upload_among_the_files_of_others_is_one_where_the_folder_of_that_bucket_matters(designs, read, found):
    result = designs.observe(f"""-- gatepost: as superuser
        INSERT INTO storage.buckets (id, name, public) VALUES ('scans', 'scans', false), ('faces', 'faces', false);
        CREATE POLICY faces ON storage.objects TO authenticated USING ({OWN.replace("scans", "faces")});
        CREATE POLICY s ON storage.objects FOR SELECT TO authenticated USING ({read});
        CREATE POLICY i ON storage.objects FOR INSERT TO authenticated WITH CHECK ({OPEN})""")
    uploads = {one.detail: one for one in result.findings if one.rule == "row-forged"}
    assert set(uploads) == found
    assert all('ALTER POLICY "i"' in one.fix for one in uploads.values())


def test_a_name_of_a_file_that_is_cast_by_a_helper_of_signed_in_users_alone_is_no_error(designs):
    mine = "bucket_id = 'faces' AND public.as_id(name) = (SELECT auth.uid())"
    result = designs.observe(f"""-- gatepost: as superuser
        CREATE FUNCTION public.as_id(name text) RETURNS uuid LANGUAGE sql IMMUTABLE SET search_path = '' AS
        $$ SELECT replace(storage.filename(name), concat('.', storage.extension(storage.filename(name))), '')::uuid $$;
        REVOKE EXECUTE ON FUNCTION public.as_id(text) FROM public, anon;
        GRANT EXECUTE ON FUNCTION public.as_id(text) TO authenticated, service_role;
        INSERT INTO storage.buckets (id, name, public) VALUES ('faces', 'faces', true);
        CREATE POLICY faces ON storage.objects USING ({mine}) WITH CHECK ({mine})""")
    assert [one.key for one in result.findings] == []
    assert [one.what for one in result.not_checked] == []
    (files,) = (one for one in result.sections["matrix"]["tables"] if one["table"] == "storage.objects")
    reached = {name: files["cells"][name]["select"]["reach"] for name in ("anon", "ann", "bob")}
    assert reached == {"anon": "none", "ann": "own", "bob": "own"}
