-- Rewrite rules, without those that make views.
SELECT r.oid, n.nspname, c.relname, r.rulename, r.ev_type, r.is_instead, r.ev_enabled, pg_get_ruledef(r.oid)
  FROM pg_rewrite r
  JOIN pg_class c ON c.oid = r.ev_class
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT (c.relkind IN ('v', 'm') AND r.ev_type = '1')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", r.rulename COLLATE "C"
