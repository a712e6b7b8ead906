-- What policies, views, rules and functions refer to: relations with the columns that are named, and functions.
WITH own AS MATERIALIZED (
    SELECT 'policy' AS kind, 'pg_policy'::regclass AS class, p.oid, n.nspname, c.relname::text AS name, p.polname AS part,
           0::oid AS self
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    UNION ALL
    SELECT CASE WHEN c.relkind IN ('v', 'm') AND r.ev_type = '1' THEN 'view' ELSE 'rule' END,
           'pg_rewrite'::regclass, r.oid, n.nspname, c.relname, r.rulename, c.oid
      FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'function', 'pg_proc'::regclass, p.oid, n.nspname, p.proname || '(' || oidvectortypes(p.proargtypes) || ')',
           NULL, 0
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
)
SELECT own.kind, own.nspname, own.name, own.part, 'relation', rn.nspname, rc.relname::text,
       coalesce(array_agg(a.attname::text ORDER BY a.attname COLLATE "C") FILTER (WHERE a.attname IS NOT NULL), '{}')
  FROM own
  JOIN pg_depend d ON d.classid = own.class AND d.objid = own.oid AND d.refclassid = 'pg_class'::regclass
                  AND d.deptype IN ('n', 'a')
  JOIN pg_class rc ON rc.oid = d.refobjid
  JOIN pg_namespace rn ON rn.oid = rc.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND d.refobjsubid <> 0
 WHERE d.refobjid <> own.self OR own.kind = 'rule'
 GROUP BY 1, 2, 3, 4, 6, 7
UNION ALL
SELECT DISTINCT own.kind, own.nspname, own.name, own.part, 'function', fn.nspname,
       f.proname || '(' || oidvectortypes(f.proargtypes) || ')', '{}'::text[]
  FROM own
  JOIN pg_depend d ON d.classid = own.class AND d.objid = own.oid AND d.refclassid = 'pg_proc'::regclass
                  AND d.deptype = 'n'
  JOIN pg_proc f ON f.oid = d.refobjid
  JOIN pg_namespace fn ON fn.oid = f.pronamespace
