-- Jobs go in and out through functions that ask who is calling; a procedure for the backend.
CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
    payload jsonb NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued','running','done')),
    result text
);
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON jobs FOR SELECT TO authenticated USING (owner_id = (SELECT auth.uid()));
GRANT SELECT ON jobs TO authenticated;
CREATE FUNCTION enqueue(payload jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path=''
    AS $$ DECLARE n bigint;
    BEGIN IF auth.uid() IS NULL THEN RAISE EXCEPTION 'sign in'; END IF; INSERT INTO public.jobs (owner_id, payload)
    VALUES (auth.uid(), payload) RETURNING id INTO n; RETURN n; END $$;
CREATE FUNCTION cancel(job_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path=''
    AS $$ DELETE FROM public.jobs WHERE id = job_id AND owner_id = auth.uid() AND state = 'queued' $$;
CREATE FUNCTION claim_job() RETURNS SETOF jobs
    LANGUAGE sql SECURITY DEFINER SET search_path=''
    AS $$ UPDATE public.jobs SET state='running' WHERE id = (SELECT id
    FROM public.jobs WHERE state='queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING * $$;
REVOKE EXECUTE ON FUNCTION enqueue, cancel, claim_job FROM PUBLIC, anon, authenticated;
GRANT EXECUTE ON FUNCTION enqueue, cancel TO authenticated;
GRANT EXECUTE ON FUNCTION claim_job TO service_role;
CREATE PROCEDURE tidy_jobs() LANGUAGE sql AS $$ DELETE FROM public.jobs WHERE state = 'done' $$;
REVOKE EXECUTE ON PROCEDURE tidy_jobs FROM PUBLIC, anon, authenticated;
