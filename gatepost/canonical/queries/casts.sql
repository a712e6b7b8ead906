-- Casts that somebody made; the first number that is not PostgreSQL's own is FirstNormalObjectId.
SELECT format_type(c.castsource, NULL), format_type(c.casttarget, NULL), c.castcontext, c.castmethod = 'i', e.extname
  FROM pg_cast c
  LEFT JOIN pg_depend d
         ON d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        AND d.refclassid = 'pg_extension'::regclass
  LEFT JOIN pg_extension e ON e.oid = d.refobjid
 WHERE c.oid >= 16384
 ORDER BY c.oid
