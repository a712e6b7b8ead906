-- A queue is two tables, as it is there; messages are sent, read and archived without a time of invisibility.
DO $$ BEGIN IF pg_catalog.to_regnamespace('pgmq') IS NULL THEN EXECUTE 'CREATE SCHEMA pgmq'; END IF; END $$;
CREATE TABLE pgmq.meta (
    queue_name varchar PRIMARY KEY, is_partitioned boolean NOT NULL, is_unlogged boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE TYPE pgmq.message_record AS (
    msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb
);
CREATE TYPE pgmq.queue_record AS (
    queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz
);
CREATE FUNCTION pgmq.create(queue_name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE pg_catalog.format(
        'CREATE TABLE IF NOT EXISTS pgmq.%I (msg_id pg_catalog.int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,'
        ' read_ct pg_catalog.int4 NOT NULL DEFAULT 0, enqueued_at pg_catalog.timestamptz NOT NULL'
        ' DEFAULT pg_catalog.now(), vt pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),'
        ' message pg_catalog.jsonb)', 'q_' || queue_name);
    EXECUTE pg_catalog.format(
        'CREATE TABLE IF NOT EXISTS pgmq.%I (msg_id pg_catalog.int8 PRIMARY KEY, read_ct pg_catalog.int4 NOT NULL'
        ' DEFAULT 0, enqueued_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(), archived_at'
        ' pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(), vt pg_catalog.timestamptz, message'
        ' pg_catalog.jsonb)', 'a_' || queue_name);
    INSERT INTO pgmq.meta (queue_name, is_partitioned, is_unlogged) VALUES ($1, false, false) ON CONFLICT DO NOTHING;
END $$;
CREATE FUNCTION pgmq.create_non_partitioned(queue_name text) RETURNS void
LANGUAGE sql AS $$ SELECT pgmq.create($1) $$;
CREATE FUNCTION pgmq.create_unlogged(queue_name text) RETURNS void LANGUAGE sql AS $$ SELECT pgmq.create($1) $$;
CREATE FUNCTION pgmq.drop_queue(queue_name text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE pg_catalog.format('DROP TABLE IF EXISTS pgmq.%I, pgmq.%I', 'q_' || $1, 'a_' || $1);
    DELETE FROM pgmq.meta AS m WHERE m.queue_name = $1;
    RETURN true;
END $$;
CREATE FUNCTION pgmq.send(queue_name text, msg jsonb, delay integer DEFAULT 0) RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE pg_catalog.format('INSERT INTO pgmq.%I (message) VALUES ($1) RETURNING msg_id', 'q_' || $1)
        USING $2;
END $$;
CREATE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], delay integer DEFAULT 0) RETURNS SETOF bigint
LANGUAGE sql AS $$ SELECT pgmq.send($1, m) FROM pg_catalog.unnest($2) AS m $$;
CREATE FUNCTION pgmq.read(queue_name text, vt integer, qty integer) RETURNS SETOF pgmq.message_record
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE pg_catalog.format(
        'SELECT msg_id, read_ct, enqueued_at, vt, message FROM pgmq.%I ORDER BY msg_id LIMIT $1', 'q_' || $1)
        USING $3;
END $$;
CREATE FUNCTION pgmq.pop(queue_name text) RETURNS SETOF pgmq.message_record
LANGUAGE sql AS $$ SELECT * FROM pgmq.read($1, 0, 1) $$;
CREATE FUNCTION pgmq.delete(queue_name text, msg_id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE pg_catalog.format('DELETE FROM pgmq.%I AS q WHERE q.msg_id = $1', 'q_' || $1) USING $2;
    RETURN true;
END $$;
CREATE FUNCTION pgmq.archive(queue_name text, msg_id bigint) RETURNS boolean
LANGUAGE sql AS $$ SELECT pgmq.delete($1, $2) $$;
CREATE FUNCTION pgmq.purge_queue(queue_name text) RETURNS bigint LANGUAGE sql AS $$ SELECT 0::pg_catalog.int8 $$;
CREATE FUNCTION pgmq.set_vt(queue_name text, msg_id bigint, vt integer) RETURNS SETOF pgmq.message_record
LANGUAGE sql AS $$ SELECT * FROM pgmq.read($1, $3, 1) $$;
CREATE FUNCTION pgmq.list_queues() RETURNS SETOF pgmq.queue_record
LANGUAGE sql AS $$ SELECT queue_name, is_partitioned, is_unlogged, created_at FROM pgmq.meta $$;
CREATE TYPE pgmq.metrics_result AS (
    queue_name text, queue_length bigint, newest_msg_age_sec integer, oldest_msg_age_sec integer,
    total_messages bigint, scrape_time timestamptz
);
CREATE FUNCTION pgmq.metrics(queue_name text) RETURNS pgmq.metrics_result
LANGUAGE sql AS $$ SELECT $1, 0::pg_catalog.int8, 0, 0, 0::pg_catalog.int8, pg_catalog.now() $$;
CREATE FUNCTION pgmq.metrics_all() RETURNS SETOF pgmq.metrics_result
LANGUAGE sql AS $$ SELECT (pgmq.metrics(queue_name)).* FROM pgmq.meta $$;
GRANT ALL ON SCHEMA pgmq TO postgres WITH GRANT OPTION;
GRANT ALL ON ALL TABLES IN SCHEMA pgmq TO postgres WITH GRANT OPTION;
