CREATE TABLE django_migrations (id integer PRIMARY KEY AUTOINCREMENT, app varchar(255));
CREATE TABLE auth_users (
  id integer PRIMARY KEY AUTOINCREMENT, email varchar(10) NOT NULL UNIQUE COLLATE NOCASE, is_staff integer,
  joined datetime DEFAULT CURRENT_TIMESTAMP, seen text, born date, slept time, token char(32), note text, "class" text,
  metadata text, model_name text, "Body Text" text, flags, balance real, rate decimal(5,2), big integer, photo blob,
  settings text DEFAULT '{}', active boolean NOT NULL DEFAULT 1, score integer DEFAULT (abs(-3)), mixed integer,
  offset_at timestamp, empty_flag tinyint(1), empty_uuid uuid, empty_when datetime, void, odd varchar(3), total real,
  code text GENERATED ALWAYS AS (id || '!') STORED, loaded_at real,
  CHECK (length(email) > 2 AND (email <> 'a)b'))
);
CREATE TABLE categories (id integer PRIMARY KEY, parent_id integer REFERENCES categories ON DELETE SET NULL, name text);
CREATE TABLE order_lines (
  order_id integer NOT NULL REFERENCES orders (id) ON DELETE CASCADE, line integer NOT NULL, thing text,
  PRIMARY KEY (order_id, line), UNIQUE (order_id, thing)
);
CREATE TABLE orders (
  id integer PRIMARY KEY, user_id integer REFERENCES auth_users ON UPDATE CASCADE, gone integer REFERENCES missing,
  last_line integer, FOREIGN KEY (id, last_line) REFERENCES order_lines (order_id, line)
);
CREATE TABLE devices (id varchar(36) PRIMARY KEY, name text);
CREATE TABLE readings (device text REFERENCES devices, at text, kind text);
CREATE INDEX readings_by_time ON readings (device, at DESC);
CREATE INDEX readings_lower ON readings (lower(kind));
CREATE INDEX ix_devices_id ON devices (id);
CREATE VIEW latest AS SELECT * FROM readings;
CREATE TRIGGER touched AFTER INSERT ON devices BEGIN SELECT 1; END;
INSERT INTO auth_users (id, email, is_staff, joined, seen, born, slept, token, note, "class", metadata, model_name,
  "Body Text", flags, balance, rate, big, photo, settings, active, mixed, offset_at, odd, total, loaded_at) VALUES
  (1, 'ann@e.org', 1, '2025-01-09 22:38:08.0413', '2025-01-09T22:38:08', '2025-01-09', '07:30:00',
   '0123456789abcdef0123456789abcdef', '42', 'a', 'b', 'c', 'd', 3, 19.99, 1.5, 9007199254740993, x'00ff',
   '{"a": [1, 2]}', 1, 7, '2025-01-09T22:38:08Z', 'abcd', 0.1, 1763747931.2441125),
  (7, 'bob@e.org', 0, '2025-01-10 00:00:00', '2025-01-10 01:00:00', '2025-01-10', '08:00:00',
   'fedcba9876543210fedcba9876543210', 'x', 'a', 'b', 'c', 'd', 4, 20, 2.25, 2, x'01',
   '[]', 0, 'seven', '2025-01-10 00:00:00+02:00', 'a', 0.125, NULL);
INSERT INTO categories VALUES (1, NULL, 'all'), (2, 1, 'some');
INSERT INTO orders (id, user_id) VALUES (1, 1), (2, 7);
INSERT INTO order_lines VALUES (1, 1, 'pen'), (2, 1, NULL);
UPDATE orders SET last_line = 1;
INSERT INTO devices VALUES ('9e500000-0000-4000-8000-000000000001', 'one');
INSERT INTO readings VALUES ('9e500000-0000-4000-8000-000000000001', '2025-01-09 22:38:08', 'a');
