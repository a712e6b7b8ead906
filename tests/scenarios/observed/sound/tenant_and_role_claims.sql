-- The company and the role are claims that helpers read.
CREATE TABLE companies (id uuid PRIMARY KEY, name text);
CREATE TABLE staff (
    id uuid PRIMARY KEY REFERENCES auth.users,
    company_id uuid NOT NULL REFERENCES companies,
    full_name text
);
CREATE TABLE payslips (
    id uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    staff_id uuid NOT NULL REFERENCES staff,
    amount numeric
);
ALTER TABLE companies ENABLE ROW LEVEL SECURITY;
ALTER TABLE staff ENABLE ROW LEVEL SECURITY;
ALTER TABLE payslips ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION company() RETURNS uuid
    LANGUAGE sql STABLE SET search_path=''
    AS $$ SELECT nullif(auth.jwt() -> 'app_metadata' ->> 'company_id', '')::uuid $$;
CREATE FUNCTION is_hr() RETURNS boolean
    LANGUAGE sql STABLE SET search_path=''
    AS $$ SELECT coalesce((auth.jwt() -> 'app_metadata' ->> 'role') = 'hr', false) $$;
CREATE POLICY see ON companies FOR SELECT TO authenticated USING (id = (SELECT company()));
CREATE POLICY see ON staff FOR SELECT TO authenticated USING (company_id = (SELECT company()));
CREATE POLICY see ON payslips FOR SELECT TO authenticated
    USING (company_id = (SELECT company()) AND (staff_id = (SELECT auth.uid()) OR (SELECT is_hr())));
CREATE POLICY hr ON payslips FOR ALL TO authenticated
    USING (company_id = (SELECT company()) AND (SELECT is_hr()))
    WITH CHECK (company_id = (SELECT company()) AND (SELECT is_hr()));
GRANT SELECT ON companies, staff TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON payslips TO authenticated;
