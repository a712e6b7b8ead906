"""The types of a real table, as a transfer reads them."""

import pytest

from gatepost.transfer.planning.target_tables import prepare, read_target


@pytest.fixture
def types(connection, superuser_url):
    """Return the `Type` of a printed type, read from a real table as a transfer reads it."""
    import psycopg2

    with psycopg2.connect(superuser_url) as other, other.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public")
    other.close()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TYPE public.cast_mood AS ENUM ('ok', 'sad, but ''true''')")
        cursor.execute("CREATE DOMAIN public.cast_small AS integer CHECK (VALUE < 10)")
        cursor.execute("CREATE DOMAIN public.cast_word AS varchar(3)")
        cursor.execute("CREATE DOMAIN public.cast_short_word AS public.cast_word CHECK (VALUE <> 'no')")
        cursor.execute("CREATE DOMAIN public.cast_list AS integer[]")
    connection.commit()

    def read(*printed):
        columns = ", ".join(f"c{number} {name}" for number, name in enumerate(printed))
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE public.cast_types ({columns})")
        prepare(connection)
        (table,) = (t for t in read_target(connection, "public") if t.name == "cast_types")
        return dict(zip(printed, (column.type for column in table.columns), strict=True))

    return read
