-- Operators that somebody made whose symbol is in a text.
SELECT n.nspname, o.oprname, e.extname, CASE WHEN o.oprleft <> 0 THEN format_type(o.oprleft, NULL) END,
       format_type(o.oprright, NULL), format_type(o.oprresult, NULL)
  FROM pg_operator o
  JOIN pg_namespace n ON n.oid = o.oprnamespace
  LEFT JOIN pg_depend d
         ON d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e'
        AND d.refclassid = 'pg_extension'::regclass
  LEFT JOIN pg_extension e ON e.oid = d.refobjid
 WHERE strpos(%(text)s, o.oprname::text) > 0 AND o.oprresult <> 0
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY o.oid
