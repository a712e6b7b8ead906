-- Roles that are given in a table of their own, one row a role; administrators change everything.
CREATE TYPE app_role AS ENUM ('user','moderator','admin');
CREATE TABLE user_roles (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES auth.users(id) ON DELETE CASCADE,
    role app_role NOT NULL,
    UNIQUE (user_id, role)
);
ALTER TABLE user_roles ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION has_role(_user_id uuid, _role app_role) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$ SELECT EXISTS (SELECT 1
    FROM user_roles WHERE user_id = _user_id AND role = _role) $$;
CREATE POLICY "own roles" ON user_roles FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY "admins manage roles" ON user_roles FOR ALL TO authenticated
    USING ((SELECT has_role((SELECT auth.uid()), 'admin')))
    WITH CHECK ((SELECT has_role((SELECT auth.uid()), 'admin')));
CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES auth.users(id),
    total numeric,
    status text DEFAULT 'open'
);
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON orders FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY make ON orders FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY admins ON orders FOR ALL TO authenticated USING ((SELECT has_role((SELECT auth.uid()), 'admin')));
CREATE TABLE products (id uuid PRIMARY KEY, name text, price numeric);
ALTER TABLE products ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON products FOR SELECT USING (true);
CREATE POLICY admins ON products FOR ALL TO authenticated USING ((SELECT has_role((SELECT auth.uid()), 'admin')));
GRANT SELECT ON user_roles TO authenticated;
GRANT INSERT, UPDATE, DELETE ON user_roles TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON orders, products TO authenticated;
GRANT SELECT ON products TO anon;
