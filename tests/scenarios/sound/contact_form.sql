-- Anybody may write to us, and only the backend reads it.
CREATE TABLE public.enquiries (id bigint PRIMARY KEY, email text NOT NULL, body text NOT NULL);
ALTER TABLE public.enquiries ENABLE ROW LEVEL SECURITY;
GRANT INSERT ON public.enquiries TO anon, authenticated;
CREATE POLICY write ON public.enquiries FOR INSERT TO anon, authenticated WITH CHECK (length(body) < 5000);
CREATE TABLE public.newsletter (email text PRIMARY KEY);
ALTER TABLE public.newsletter ENABLE ROW LEVEL SECURITY;
GRANT INSERT ON public.newsletter TO anon;
CREATE POLICY subscribe ON public.newsletter FOR INSERT TO anon WITH CHECK (true);
CREATE POLICY backend ON public.newsletter TO service_role USING (true);
