-- What policies, views, rules and functions refer to: relations with the numbers of the columns that are named, and
-- functions. References of a view's own rule to the view itself are left out.
WITH own AS MATERIALIZED (
    SELECT 'policy' AS kind, 'pg_policy'::regclass::oid AS class, oid, oid AS owner, 0::oid AS self
      FROM pg_policy
    UNION ALL
    SELECT CASE WHEN v.is_view THEN 'view' ELSE 'rule' END, 'pg_rewrite'::regclass, r.oid,
           CASE WHEN v.is_view THEN c.oid ELSE r.oid END, CASE WHEN v.is_view THEN c.oid ELSE 0 END
      FROM pg_rewrite r
      JOIN pg_class c ON c.oid = r.ev_class
      JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (SELECT c.relkind IN ('v', 'm') AND r.ev_type = '1' AS is_view) v
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'function', 'pg_proc'::regclass, p.oid, p.oid, 0
      FROM pg_proc p
      JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), found AS MATERIALIZED (
    SELECT own.kind, own.owner, d.refclassid, d.refobjid,
           array_agg(d.refobjsubid) FILTER (WHERE d.refobjsubid <> 0) AS numbers
      FROM own
      JOIN pg_depend d ON d.classid = own.class AND d.objid = own.oid
     WHERE (d.refclassid = 'pg_class'::regclass AND d.deptype IN ('n', 'a') AND d.refobjid <> own.self)
        OR (d.refclassid = 'pg_proc'::regclass AND d.deptype = 'n')
     GROUP BY 1, 2, 3, 4
)
SELECT found.kind, found.owner, 'relation', found.refobjid, n.nspname, c.relname::text, found.numbers
  FROM found
  JOIN pg_class c ON found.refclassid = 'pg_class'::regclass AND c.oid = found.refobjid
  JOIN pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT found.kind, found.owner, 'function', found.refobjid, n.nspname,
       p.proname || '(' || oidvectortypes(p.proargtypes) || ')', NULL
  FROM found
  JOIN pg_proc p ON found.refclassid = 'pg_proc'::regclass AND p.oid = found.refobjid
  JOIN pg_namespace n ON n.oid = p.pronamespace
