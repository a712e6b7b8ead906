"""Connect to a database: URLs, connections, reading safely, an engine with a pool, and acting as a user."""
