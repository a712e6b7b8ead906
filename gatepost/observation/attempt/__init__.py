"""Try every persona's commands, statement by statement, and record what PostgreSQL did with them."""
