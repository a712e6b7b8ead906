"""What arrived, compared with the source: fingerprints of rows, here and by PostgreSQL's own hash."""
