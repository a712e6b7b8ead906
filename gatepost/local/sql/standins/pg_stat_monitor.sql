-- No statement is seen.
CREATE VIEW pg_stat_monitor AS SELECT NULL::pg_catalog.text AS query, NULL::pg_catalog.int8 AS calls WHERE false;
CREATE FUNCTION pg_stat_monitor_reset() RETURNS void LANGUAGE sql AS '';
