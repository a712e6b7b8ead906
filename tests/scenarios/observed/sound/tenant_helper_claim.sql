-- The tenant is a claim that a helper reads.
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.tenant() RETURNS uuid
    LANGUAGE sql STABLE SET search_path='' AS $$ SELECT (auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid $$;
CREATE TABLE tenants (id uuid PRIMARY KEY, name text);
CREATE TABLE customers (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL DEFAULT private.tenant() REFERENCES tenants(id),
    name text,
    email text
);
CREATE TABLE invoices (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL DEFAULT private.tenant() REFERENCES tenants(id),
    customer_id uuid NOT NULL REFERENCES customers(id),
    total numeric
);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenants FOR SELECT TO authenticated USING (id = (SELECT private.tenant()));
CREATE POLICY own ON customers FOR ALL TO authenticated
    USING (tenant_id = (SELECT private.tenant())) WITH CHECK (tenant_id = (SELECT private.tenant()));
CREATE POLICY own ON invoices FOR ALL TO authenticated
    USING (tenant_id = (SELECT private.tenant()))
    WITH CHECK (tenant_id = (SELECT private.tenant()) AND customer_id IN (SELECT id FROM customers));
GRANT SELECT ON tenants TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON customers, invoices TO authenticated;
