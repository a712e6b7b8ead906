-- Try one statement after another, each in a subtransaction that is undone, and return what came of each.
-- The role is reset before any query of ours, because a persona may be denied even that. It stops early rather than
-- late, so that the session's time limit applies to one statement and not to their sum.
CREATE OR REPLACE FUNCTION pg_temp.gatepost_try(trials jsonb[], counting jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
    trial jsonb;
    probe jsonb;
    become text;
    statement text;
    touched bigint;
    code text;
    said text;
    place text;
    listed text[];
    rows text[];
    seen jsonb[];
    counter text;
    counted text;
    before bigint[];
    after bigint[];
    moved int[];
    answers jsonb[] := '{}';
BEGIN
    FOREACH trial IN ARRAY trials LOOP
        touched := 0; code := ''; said := ''; place := ''; seen := '{}'; moved := NULL;
        rows := NULL;
        BEGIN
            become := trial ->> 'become';
            statement := trial ->> 'statement';
            counter := counting ->> (trial ->> 'counting');
            IF counter IS NOT NULL AND (before IS NULL OR counter <> counted) THEN
                EXECUTE counter INTO before;
            END IF;
            PERFORM REQUEST_SETTINGS;
            IF (trial ->> 'aside')::boolean THEN
                SET LOCAL session_replication_role = replica;
            END IF;
            EXECUTE become;
            IF NOT (trial ->> 'call')::boolean THEN
                EXECUTE statement;
                GET DIAGNOSTICS touched = ROW_COUNT;
            ELSE
                IF statement LIKE 'CALL %' THEN
                    EXECUTE statement;
                ELSE
                    EXECUTE statement INTO rows;
                END IF;
                touched := 1;
            END IF;
            SET LOCAL ROLE none;
            IF touched > 0 THEN
                FOR probe IN SELECT value FROM jsonb_array_elements(trial -> 'probes') LOOP
                    BEGIN
                        statement := probe ->> 0;
                        IF (probe ->> 1)::boolean THEN
                            EXECUTE become;
                        END IF;
                        EXECUTE statement INTO listed;
                        SET LOCAL ROLE none;
                        seen := seen || jsonb_build_array('', '', '', listed);
                    EXCEPTION WHEN assert_failure OR others THEN
                        GET STACKED DIAGNOSTICS place = PG_EXCEPTION_CONTEXT;
                        seen := seen || jsonb_build_array(SQLSTATE, SQLERRM, place, NULL);
                        place := '';
                    END;
                END LOOP;
            END IF;
            IF counter IS NOT NULL THEN
                EXECUTE counter INTO after;
                moved := ARRAY(SELECT n FROM generate_subscripts(after, 1) n WHERE after[n] <> before[n]);
                counted := counter;
            END IF;
            RAISE EXCEPTION SQLSTATE 'GPOST';
        EXCEPTION
            WHEN SQLSTATE 'GPOST' THEN NULL;
            WHEN query_canceled THEN RETURN to_jsonb(answers || 'null'::jsonb);
            WHEN assert_failure OR others THEN
                code := SQLSTATE; said := SQLERRM;
                GET STACKED DIAGNOSTICS place = PG_EXCEPTION_CONTEXT;
        END;
        before := CASE WHEN moved IS NOT NULL THEN after END;  -- what is undone stays counted
        answers := answers || jsonb_build_array(touched, code, said, place, to_jsonb(seen), moved, rows);
        EXIT WHEN clock_timestamp() > began + interval '500 milliseconds';
    END LOOP;
    RETURN to_jsonb(answers);
END $$
