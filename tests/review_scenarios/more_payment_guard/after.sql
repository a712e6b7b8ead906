CREATE TABLE public.wallets (id bigint PRIMARY KEY, owner uuid NOT NULL, balance numeric NOT NULL);
ALTER TABLE public.wallets ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.wallets FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.wallets TO authenticated;
CREATE POLICY own ON public.wallets FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()));
CREATE FUNCTION public.pay(source bigint, target bigint, amount numeric) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.wallets SET balance = balance - amount WHERE id = source;
    UPDATE public.wallets SET balance = balance + amount WHERE id = target;
END $$;
REVOKE EXECUTE ON FUNCTION public.pay(bigint, bigint, numeric) FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION public.pay(bigint, bigint, numeric) TO authenticated;
