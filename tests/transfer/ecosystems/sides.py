"""Compare two databases value by value, as SQLAlchemy reads both, and share no code with Gatepost."""

from datetime import UTC, datetime

from sqlalchemy import create_engine, select


def compare(metadata, old, new):
    """Print each value that differs, and how many were compared."""
    compared = 0
    with create_engine(old).connect() as one, create_engine(new).connect() as other:
        for table in metadata.sorted_tables:
            query = select(table).order_by(*table.primary_key)
            rows = [connection.execute(query).mappings().all() for connection in (one, other)]
            if len(rows[0]) != len(rows[1]):
                print(f"{table.name}: {len(rows[0])} rows here, {len(rows[1])} there")
            for left, right in zip(*rows, strict=False):
                for name in left:
                    compared += 1
                    here, there = left[name], right[name]
                    if isinstance(there, datetime) and there.tzinfo is not None:
                        here = here.replace(tzinfo=UTC)  # SQLite keeps no zone, and the application writes UTC
                    if (here, type(here)) != (there, type(there)):
                        print(f"{table.name}.{name}: {here!r} here, {there!r} there")
    print(compared, "values compared")
