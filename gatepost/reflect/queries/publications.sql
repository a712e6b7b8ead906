-- Publications, with what they name.
SELECT p.pubname, pg_get_userbyid(p.pubowner), p.puballtables,
       (SELECT array_agg(ARRAY[n.nspname, c.relname]::text[] ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")
          FROM pg_publication_rel r
          JOIN pg_class c ON c.oid = r.prrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE r.prpubid = p.oid),
       ARRAY(SELECT n.nspname::text
               FROM pg_publication_namespace s
               JOIN pg_namespace n ON n.oid = s.pnnspid
              WHERE s.pnpubid = p.oid
              ORDER BY n.nspname COLLATE "C")
  FROM pg_publication p
 ORDER BY p.pubname COLLATE "C"
