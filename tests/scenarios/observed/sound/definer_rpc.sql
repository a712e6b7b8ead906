-- The table is closed; a function that passes row security by gives each user what is theirs.
CREATE TABLE balances (user_id uuid PRIMARY KEY REFERENCES auth.users (id), credits int NOT NULL, note text);
ALTER TABLE balances ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION my_balance() RETURNS SETOF balances LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$ SELECT * FROM public.balances WHERE user_id = (SELECT auth.uid()) $$;
CREATE FUNCTION spend(amount int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    IF amount <= 0 THEN
        RAISE EXCEPTION 'spend something';
    END IF;
    UPDATE public.balances SET credits = credits - amount WHERE user_id = (SELECT auth.uid());
END
$$;
REVOKE EXECUTE ON FUNCTION my_balance, spend FROM PUBLIC;
GRANT EXECUTE ON FUNCTION my_balance, spend TO authenticated;
