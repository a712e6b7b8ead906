-- Columns of tables and views; an owned sequence is found through the dependency that DROP COLUMN would follow,
-- the one of an identity first where a column owns several.
SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(ad.adbin, ad.adrelid) END,
       a.attidentity, a.attgenerated <> '', sn.nspname, s.relname
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
  LEFT JOIN (SELECT DISTINCT ON (d.refobjid, d.refobjsubid) d.refobjid, d.refobjsubid, s.relname, s.relnamespace
               FROM pg_depend d
               JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
              WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
                AND d.refobjsubid <> 0 AND d.deptype IN ('a', 'i')
              ORDER BY d.refobjid, d.refobjsubid, d.deptype DESC, d.objid) s
         ON s.refobjid = a.attrelid AND s.refobjsubid = a.attnum
  LEFT JOIN pg_namespace sn ON sn.oid = s.relnamespace
 WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY a.attrelid, a.attnum
