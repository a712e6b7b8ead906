"""Cast values from SQLite to PostgreSQL: exact, or refused with a reason."""
