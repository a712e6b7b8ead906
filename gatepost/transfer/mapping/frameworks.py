"""Tables in which a framework records its migrations: each side keeps its own, and their rows are never data."""

from __future__ import annotations

_FRAMEWORKS = {
    "alembic_version": "Alembic",
    "django_migrations": "Django",
    "_prisma_migrations": "Prisma",
    "schema_migrations": "Rails, Ecto or dbmate",
    "ar_internal_metadata": "Rails",
    "__efmigrationshistory": "Entity Framework",
    "flyway_schema_history": "Flyway",
    "databasechangelog": "Liquibase",
    "databasechangeloglock": "Liquibase",
    "knex_migrations": "Knex",
    "knex_migrations_lock": "Knex",
    "sequelizemeta": "Sequelize",
    "typeorm_metadata": "TypeORM",
    "__drizzle_migrations": "Drizzle",
    "_sqlx_migrations": "SQLx",
    "__diesel_schema_migrations": "Diesel",
    "seaql_migrations": "SeaORM",
    "refinery_schema_history": "Refinery",
    "goose_db_version": "goose",
    "gorp_migrations": "sql-migrate",
    "atlas_schema_revisions": "Atlas",
    "aerich": "Aerich",
    "_yoyo_migration": "yoyo",
    "_yoyo_log": "yoyo",
    "_yoyo_version": "yoyo",
    "yoyo_lock": "yoyo",
    "phinxlog": "Phinx",
    "doctrine_migration_versions": "Doctrine",
    "android_metadata": "Android",
    "room_master_table": "Android's Room",
    "_litestream_seq": "Litestream",
    "_litestream_lock": "Litestream",
    "d1_migrations": "Cloudflare D1",
    "_cf_kv": "Cloudflare D1",
}


def framework(table: str) -> str | None:
    """Return the framework whose own table this is, or None.

    Args:
        table: The name of a table.
    """
    return _FRAMEWORKS.get(table.lower())


def is_django(tables: tuple[str, ...]) -> bool:
    """Return whether a file was made by Django, which keeps a duration as microseconds.

    Args:
        tables: The names of its tables.
    """
    return any(name.lower() == "django_migrations" for name in tables)
