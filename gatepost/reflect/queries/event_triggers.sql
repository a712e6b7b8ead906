-- Event triggers.
SELECT t.evtname, t.evtevent, pg_get_userbyid(t.evtowner), t.evtenabled, n.nspname, p.proname,
       oidvectortypes(p.proargtypes), coalesce(t.evttags, '{}')
  FROM pg_event_trigger t
  JOIN pg_proc p ON p.oid = t.evtfoid
  JOIN pg_namespace n ON n.oid = p.pronamespace
 ORDER BY t.evtname COLLATE "C"
