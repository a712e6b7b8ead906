"""What every persona tries, statement by statement, and what PostgreSQL did with it."""
