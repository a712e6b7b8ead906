-- Sequences, collations and text-search configurations of some names, each with the SQL that makes one like it.
SELECT n.nspname, o.name, o.create_sql, o.definition
  FROM (SELECT relnamespace, relname, 'CREATE SEQUENCE', '' FROM pg_class WHERE relkind = 'S'
        UNION ALL
        SELECT collnamespace, collname, 'CREATE COLLATION', 'FROM pg_catalog."C"' FROM pg_collation
        UNION ALL
        SELECT cfgnamespace, cfgname, 'CREATE TEXT SEARCH CONFIGURATION', '(COPY = pg_catalog.simple)'
          FROM pg_ts_config) o (namespace, name, create_sql, definition)
  JOIN pg_namespace n ON n.oid = o.namespace
 WHERE o.name = ANY (%(words)s) AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname, o.name
