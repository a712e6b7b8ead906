-- The names of the columns of some relations, whatever they are, and of the columns that every table has.
SELECT a.attrelid, a.attnum, a.attname
  FROM pg_attribute a
 WHERE a.attrelid = ANY (%(relations)s::oid[])
