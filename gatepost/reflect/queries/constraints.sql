-- Constraints of tables; the key columns by number, in the order of the key.
SELECT k.conrelid, k.conname, k.contype, k.convalidated, pg_get_constraintdef(k.oid), k.conkey,
       fn.nspname, fc.relname, k.confrelid, k.confkey
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class fc ON fc.oid = k.confrelid
  LEFT JOIN pg_namespace fn ON fn.oid = fc.relnamespace
 WHERE c.relkind IN ('r', 'p', 'f')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY k.conrelid, k.conname COLLATE "C"
