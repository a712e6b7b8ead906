-- Enum types with their labels in order.
SELECT format_type(e.enumtypid, NULL), array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
  FROM pg_enum e
  JOIN pg_type t ON t.oid = e.enumtypid
  JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 GROUP BY e.enumtypid
 ORDER BY format_type(e.enumtypid, NULL) COLLATE "C"
