-- Indexes; an attribute number of 0 is an expression.
SELECT n.nspname, c.relname, ic.relname, i.indisunique, i.indisprimary, i.indisvalid, am.amname,
       pg_get_expr(i.indpred, i.indrelid), pg_get_indexdef(i.indexrelid),
       ARRAY(SELECT a.attname::text
               FROM generate_series(0, i.indnkeyatts - 1) place
               LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[place] AND a.attnum <> 0
              ORDER BY place)
  FROM pg_index i
  JOIN pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_am am ON am.oid = ic.relam
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY i.indrelid, ic.relname COLLATE "C"
