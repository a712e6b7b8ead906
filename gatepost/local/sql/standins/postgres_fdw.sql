-- A wrapper without a handler: servers and foreign tables can be made, and nothing is read through them.
CREATE FOREIGN DATA WRAPPER postgres_fdw;
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO postgres WITH GRANT OPTION;
