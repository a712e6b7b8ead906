-- finds: user-metadata-trusted public.orders
CREATE TABLE orders (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, total int);
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON orders FOR SELECT TO authenticated
    USING (tenant_id::text = (SELECT auth.jwt() -> 'user_metadata' ->> 'tenant_id'));
GRANT SELECT ON orders TO authenticated;
