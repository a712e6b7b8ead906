-- SECURITY DEFINER calls of the API that ask who is calling, count, look up by a secret, or only add a row.
CREATE TABLE public.wallet (user_id uuid PRIMARY KEY REFERENCES auth.users (id), balance int NOT NULL DEFAULT 0);
CREATE TABLE public.invitation (
    token_hash text PRIMARY KEY, organisation text NOT NULL, expires_at timestamptz NOT NULL
);
CREATE TABLE public.article (id uuid PRIMARY KEY, author uuid, views int NOT NULL DEFAULT 0);
CREATE TABLE public.enquiry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, body text);
ALTER TABLE public.wallet ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.article ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.enquiry ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.spend(amount int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE left_over int;
BEGIN
    IF amount <= 0 OR auth.uid() IS NULL THEN
        RAISE EXCEPTION 'not like this';
    END IF;
    UPDATE public.wallet SET balance = balance - amount WHERE user_id = auth.uid() RETURNING balance INTO left_over;
    RETURN left_over;
END $$;
REVOKE EXECUTE ON FUNCTION public.spend(int) FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION public.spend(int) TO authenticated;
CREATE FUNCTION public.invitation_of(token text) RETURNS TABLE (organisation text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT i.organisation FROM public.invitation i
    WHERE i.token_hash = encode(sha256(token::bytea), 'hex') AND i.expires_at > now()
$$;
CREATE FUNCTION public.seen(which uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    UPDATE public.article SET views = views + 1 WHERE id = which
$$;
CREATE FUNCTION public.article_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    SELECT count(*) FROM public.article
$$;
CREATE FUNCTION public.enquire(email text, body text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    INSERT INTO public.enquiry (email, body) VALUES ($1, $2)
$$;
