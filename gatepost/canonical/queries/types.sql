-- Types that somebody made, without arrays, multiranges and the row types of tables: how each is printed, the extension
-- that brought it, and what it is made of. Older types come first, since a type stands on those that were there.
SELECT n.nspname, t.typname, t.typtype, format_type(t.oid, NULL), e.extname,
       ARRAY(SELECT l.enumlabel::text FROM pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder),
       CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) WHEN 'r' THEN format_type(r.rngsubtype, NULL) END,
       m.typname,
       ARRAY(SELECT ARRAY[a.attname::text, format_type(a.atttypid, a.atttypmod)]
               FROM pg_attribute a
              WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
              ORDER BY a.attnum)
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_class c ON c.oid = t.typrelid
  LEFT JOIN pg_range r ON r.rngtypid = t.oid
  LEFT JOIN pg_type m ON m.oid = r.rngmultitypid
  LEFT JOIN pg_depend d
         ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
        AND d.refclassid = 'pg_extension'::regclass
  LEFT JOIN pg_extension e ON e.oid = d.refobjid
 WHERE (t.typtype IN ('b', 'd', 'e', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_type element WHERE element.typarray = t.oid)
 ORDER BY t.oid
