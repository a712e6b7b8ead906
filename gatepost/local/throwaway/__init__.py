"""A temporary server for foreign SQL: its image, the server, and the process that ends it."""
