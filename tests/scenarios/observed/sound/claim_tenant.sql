-- The tenant is in app_metadata, which only the backend writes.
CREATE TABLE tenants (id uuid PRIMARY KEY, name text);
CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    total numeric
);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenants FOR SELECT TO authenticated
    USING (id = ((SELECT auth.jwt()) -> 'app_metadata' ->> 'tenant_id')::uuid);
CREATE POLICY own ON orders TO authenticated
    USING (tenant_id = ((SELECT auth.jwt()) -> 'app_metadata' ->> 'tenant_id')::uuid);
GRANT SELECT ON tenants TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO authenticated;
