-- Settings that decide what the Data API serves: set for the API's login role, for this database, or for both.
-- The last one of a name holds: what is set for a role wins over what is set for a database.
SELECT split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)
  FROM pg_db_role_setting s
 CROSS JOIN LATERAL unnest(s.setconfig) setting
 WHERE setting LIKE 'pgrst.%'
   AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
   AND s.setrole IN (0, coalesce(to_regrole('authenticator')::oid, 0))
 ORDER BY s.setrole <> 0, s.setdatabase <> 0
