-- Functions of some names that an expression can call: their arguments and what they return, and no body.
SELECT n.nspname, p.proname, e.extname, p.proretset, format_type(p.prorettype, NULL), p.pronargdefaults,
       coalesce(p.proargmodes::text[], '{}'), coalesce(p.proargnames, '{}'),
       ARRAY(SELECT format_type(a.type, NULL)
               FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY a (type, place)
              ORDER BY a.place)
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN pg_depend d
         ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        AND d.refclassid = 'pg_extension'::regclass
  LEFT JOIN pg_extension e ON e.oid = d.refobjid
 WHERE p.proname = ANY (%(words)s) AND p.prokind = 'f'
   AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY p.oid
