"""What the conditions of real policies compare, and small changes of them."""

# ruff: noqa: E501  (a piece of SQL is read in one line)

from tests.analysis.conditions.law import ANN, BOB

UUIDS = ("user_id", "owner", "auth.uid()", "(SELECT auth.uid())", "(auth.jwt() ->> 'sub')::uuid", "key::uuid", "NULL::uuid",
         "members[1]", "COALESCE(owner, user_id)", "(storage.foldername(path))[1]::uuid", "NULLIF(owner, user_id)",
         "(current_setting('request.jwt.claims', true)::jsonb ->> 'sub')::uuid", "(auth.jwt() ->> 'org_id')::uuid")  # fmt: skip
APP = "(auth.jwt() -> 'app_metadata')"
WORDS = ("name", "key", "path", "'a'", "'admin'", "''", f"({APP} ->> 'role')", "(auth.jwt() #>> '{app_metadata,role}')",
         "(auth.jwt() -> 'user_metadata' ->> 'role')", "auth.role()", "(auth.jwt() ->> 'aal')", "user_id::text", "auth.uid()::text",
         "(storage.foldername(path))[1]", "split_part(path, '/', 1)", "(string_to_array(path, '/'))[1]", "storage.filename(path)",
         "storage.extension(path)", "lower(storage.extension(path))", "COALESCE(name, '')", "NULLIF(name, '')", "tags[1]",
         "CASE WHEN flag THEN 'a' ELSE name END", "COALESCE(auth.jwt() ->> 'plan', 'free')", "left(name, 1)", "data ->> 'role'",
         "(SELECT (auth.jwt() ->> 'plan'))", "code", "small", "btrim(name)", "replace(name, 'a', '')", "n::text", "amount::text",
         "(current_setting('request.jwt.claims', true)::jsonb -> 'app_metadata' ->> 'role')", "array_to_string(tags, ',')",
         "NULLIF(current_setting('request.jwt.claims', true), '')::jsonb ->> 'plan'",
         "(auth.jwt() -> 'app_metadata' -> 'roles' ->> 0)", "CURRENT_USER::text", "CASE n WHEN 5 THEN 'a' WHEN 0 THEN 'admin' END")  # fmt: skip
COUNTS = ("n", "id", "0", "1", "5", f"({APP} ->> 'org')::integer", "COALESCE(n, 0)", "cardinality(members)", "array_length(tags, 1)",
          "greatest(n, 0)", "least(n, 5)", "amount", "level", "1.0", "CASE WHEN flag THEN 1 ELSE 0 END", "jsonb_array_length(data -> 'tags')",
          "orgs[1]", "(data ->> 'n')::integer", "length(name)", "abs(n)", "n % 2", "NULLIF(n, 0)", "position('a' in name)",
          "array_position(tags, name)", "n + id", "n * 0", "- n", "round(amount)", "flag::integer", "strpos(path, '/')", "amount::integer")  # fmt: skip
TIMES = ("at", "now()", "now() - interval '1 day'", "now() + interval '1 year'", "at + interval '1 day'", "'2020-01-01'::timestamptz",
         "COALESCE(at, now())", "born::timestamptz", "CURRENT_TIMESTAMP", "'infinity'::timestamptz", "date_trunc('day', now())",
         "date_trunc('day', at)", "to_timestamp(0)", "'2040-06-01 00:00:00+00'::timestamptz", "CURRENT_DATE::timestamptz",
         "to_timestamp((auth.jwt() ->> 'exp')::numeric)", "now() - (n || ' days')::interval")  # fmt: skip
DAYS = (
    "born",
    "CURRENT_DATE",
    "at::date",
    "'2020-01-01'::date",
    "now()::date",
    "born + 1",
    "CURRENT_DATE - 30",
    "(now() AT TIME ZONE 'UTC')::date",
    "NULL::date",
)
LISTS = ("members", "ARRAY[auth.uid()]", "ARRAY[owner, user_id]", "'{}'::uuid[]", "array_remove(members, owner)", "array_append(members, owner)",
         f"'{{{ANN},{BOB}}}'::uuid[]", "COALESCE(members, '{}'::uuid[])", "ARRAY(SELECT m.user_id FROM public.law_member m WHERE m.org = law.n)",
         "(SELECT array_agg(m.user_id) FROM public.law_member m WHERE m.role = 'admin')", "members || owner", "NULL::uuid[]",
         "(SELECT COALESCE(array_agg(m.user_id), '{}') FROM public.law_member m WHERE m.org = law.n)")  # fmt: skip
OPS = ("=", "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
PATTERNS = (
    "'%'",
    "'a%'",
    "'A%'",
    "'%a'",
    "''",
    "'_'",
    "'admin'",
    "'%/%'",
    "'%%'",
    r"'\%'",
    "'a'",
    "auth.uid()::text || '/%'",
    "name || '%'",
    "NULL",
)
REGEXES = ("'^a'", "'a'", "'^$'", "''", "'.'", "'^[0-9a-f-]{36}/'", "'ADMIN'", "'^' || name", "'^(a|admin)$'")
JSONS = ("data", "auth.jwt()", APP, f"({APP} -> 'roles')", "(data -> 'tags')", "COALESCE(data, '{}'::jsonb)", "(auth.jwt() -> 'user_metadata')",
         f"COALESCE({APP} -> 'roles', '[]'::jsonb)", f"({APP} -> 'map')")  # fmt: skip
TWISTS = (
    (" DESC", ""), ("UNION ALL", "UNION"), ("UNION", "INTERSECT"), ("EXCEPT", "UNION"), ("ANY", "ALL"), ("LEFT JOIN", "JOIN"), (" LIMIT 1", ""),
    ("IS NOT DISTINCT FROM", "="), ("IS DISTINCT FROM", "<>"), ("NOT LIKE", "NOT ILIKE"), ("ILIKE", "LIKE"), ("~*", "~"), ("NOT IN", "IN"),
    (" FILTER (WHERE m.role = 'admin')", ""), (" FILTER (WHERE m.org > 0)", ""), (" FILTER (WHERE false)", ""), ("DISTINCT m.", "m."),
    ("bool_or", "bool_and"), ("max", "min"), ("count(*)", "count(m.org)"), ("greatest", "least"), ("->>", "->"), ("?|", "?&"), ("@>", "<@"),
    ("now()", "CURRENT_DATE"), ("CURRENT_TIMESTAMP", "now()"), ("(SELECT auth.uid())", "auth.uid()"), ("::integer", "::numeric"), ("1.0", "1"),
    ("foldername", "filename"), ("'a'", "'A'"), ("'admin'", "'a'"), ("AND", "OR"), ("ELSE", "WHEN n > 0 THEN flag ELSE"), (" NULLS FIRST", ""),
    ("IS NOT NULL", "IS NULL"), ("COALESCE", "NULLIF"), ("true", "false"), ("m.org = t.id", "m.org > t.id"), ("law.n", "law.id"), ("n", "id"),
    ("amount", "level"), ("code", "small"), ("::text", "::varchar(3)"), ("'app_metadata'", "'user_metadata'"), ("owner", "user_id"), ("orgs", "tags"),
)  # fmt: skip
"""Small changes, each of which may make a condition another one."""
