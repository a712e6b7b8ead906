-- create-granted
GRANT CREATE ON SCHEMA public TO PUBLIC;
