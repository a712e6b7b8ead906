-- foreign-table-open
-- gatepost: as superuser
CREATE FOREIGN DATA WRAPPER elsewhere;
CREATE SERVER other FOREIGN DATA WRAPPER elsewhere;
CREATE FOREIGN TABLE public.invoice (id int, amount numeric) SERVER other;
GRANT SELECT ON public.invoice TO anon;
