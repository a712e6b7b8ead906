-- Changes are written down where nobody reads them.
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES auth.users,
    label text,
    balance numeric NOT NULL DEFAULT 0
);
CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz DEFAULT now(),
    who uuid,
    what text,
    old jsonb,
    new jsonb
);
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION audit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path='' AS $$ BEGIN INSERT INTO public.audit_log (who, what, old, new) VALUES (auth.uid(), tg_op, to_jsonb(old), to_jsonb(new)); RETURN coalesce(new, old); END $$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION audit();
CREATE POLICY own ON accounts FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid()));
CREATE POLICY upd ON accounts FOR UPDATE TO authenticated USING (owner_id = (SELECT auth.uid()));
GRANT SELECT, UPDATE (label) ON accounts TO authenticated;
