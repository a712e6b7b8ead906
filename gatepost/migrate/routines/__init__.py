"""The functions and views on which policies stand: what alembic-utils does not model of them."""
