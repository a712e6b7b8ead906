-- Policies, with the expressions as PostgreSQL prints them while the search path is empty: every name qualified.
-- Most policies are for the same roles, so that each list of them is named once.
SELECT p.oid, p.polrelid, n.nspname, c.relname, p.polname, p.polcmd, p.polpermissive, r.names,
       p.polqual IS NOT NULL, pg_get_expr(p.polqual, p.polrelid),
       p.polwithcheck IS NOT NULL, pg_get_expr(p.polwithcheck, p.polrelid), d.description
  FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN (SELECT polroles, ARRAY(SELECT CASE WHEN role = 0 THEN 'public' ELSE pg_get_userbyid(role)::text END
                                 FROM unnest(polroles) role) AS names
          FROM (SELECT DISTINCT polroles FROM pg_policy) each) r ON r.polroles = p.polroles
  LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_policy'::regclass
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", p.polname COLLATE "C"
