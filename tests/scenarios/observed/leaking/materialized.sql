-- finds: door-leaks public.totals
CREATE TABLE sales (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), customer text);
ALTER TABLE sales ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON sales TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE MATERIALIZED VIEW totals AS SELECT customer, count(*) FROM sales GROUP BY 1;
GRANT SELECT ON sales, totals TO authenticated;
