-- Functions and procedures that no extension brought, each with its privileges as three arrays side by side; one whose
-- privileges were never touched can be called by everybody.
SELECT p.oid, n.nspname, p.proname, oidvectortypes(p.proargtypes), p.prokind, l.lanname, pg_get_function_result(p.oid),
       pg_get_userbyid(p.proowner), p.prosecdef, p.provolatile,
       coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), p.proretset, p.proisstrict, p.proleakproof,
       p.prosqlbody IS NOT NULL, p.pronargs, coalesce(p.proargnames, '{}'), p.proargmodes::text[],
       coalesce(p.proconfig, '{}'), coalesce(pg_get_expr(p.proargdefaults, 0), ''), x.grantees, x.grantable, x.grantors
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
  LEFT JOIN LATERAL (
       SELECT array_agg(CASE WHEN a.grantee = 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END) AS grantees,
              array_agg(a.is_grantable) AS grantable, array_agg(pg_get_userbyid(a.grantor)::text) AS grantors
         FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a) x ON true
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", 4
