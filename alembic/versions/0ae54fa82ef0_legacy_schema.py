"""The schema that deployed databases have

Exactly what the app's ORM created: constraints without names, an index on every primary key that already has one,
moments without a time zone in the older tables. A deployed database is stamped with this revision and
never runs it; a new one runs it so that both have the same past.

Revision ID: 0ae54fa82ef0
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0ae54fa82ef0"
down_revision = None
branch_labels = None
depends_on = None

# A metadata of its own: through `op.create_table` the constraints would get the names of today's convention.
legacy = sa.MetaData()

sa.Table(
    "users",
    legacy,
    sa.Column("id", sa.String(), primary_key=True),
    sa.Column("email", sa.String(), nullable=False),
    sa.Column("password_hash", sa.String()),
    sa.Column("name", sa.String()),
    sa.Column("google_id", sa.String()),
    sa.Column("passkey_credential_id", sa.String()),
    sa.Column("passkey_public_key", sa.Text()),
    sa.Column("created_at", sa.DateTime()),
    sa.Column("updated_at", sa.DateTime()),
    sa.UniqueConstraint("google_id"),
    sa.Index("ix_users_email", "email", unique=True),
    sa.Index("ix_users_id", "id"),
)
sa.Table(
    "tasks",
    legacy,
    sa.Column("id", sa.String(), primary_key=True),
    sa.Column("user_id", sa.String(), sa.ForeignKey("users.id")),
    sa.Column("goblin", sa.String(), nullable=False),
    sa.Column("task", sa.Text(), nullable=False),
    sa.Column("code", sa.Text()),
    sa.Column("provider", sa.String()),
    sa.Column("model", sa.String()),
    sa.Column("status", sa.String()),
    sa.Column("result", sa.Text()),
    sa.Column("created_at", sa.DateTime()),
    sa.Column("updated_at", sa.DateTime()),
    sa.Index("ix_tasks_id", "id"),
)
sa.Table(
    "streams",
    legacy,
    sa.Column("id", sa.String(), primary_key=True),
    sa.Column("user_id", sa.String(), sa.ForeignKey("users.id")),
    sa.Column("goblin", sa.String(), nullable=False),
    sa.Column("task", sa.Text(), nullable=False),
    sa.Column("code", sa.Text()),
    sa.Column("provider", sa.String()),
    sa.Column("model", sa.String()),
    sa.Column("status", sa.String()),
    sa.Column("created_at", sa.DateTime()),
    sa.Index("ix_streams_id", "id"),
)
sa.Table(
    "stream_chunks",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("stream_id", sa.String(), sa.ForeignKey("streams.id"), nullable=False),
    sa.Column("content", sa.Text()),
    sa.Column("token_count", sa.Integer()),
    sa.Column("cost_delta", sa.Float()),
    sa.Column("done", sa.Boolean()),
    sa.Column("created_at", sa.DateTime()),
    sa.Index("ix_stream_chunks_id", "id"),
)
sa.Table(
    "search_collections",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("name", sa.String(), nullable=False),
    sa.Column("created_at", sa.DateTime()),
    sa.Index("ix_search_collections_name", "name", unique=True),
    sa.Index("ix_search_collections_id", "id"),
)
sa.Table(
    "search_documents",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("collection_id", sa.Integer(), sa.ForeignKey("search_collections.id"), nullable=False),
    sa.Column("document_id", sa.String(), nullable=False),
    sa.Column("document", sa.Text(), nullable=False),
    sa.Column("document_metadata", sa.JSON()),
    sa.Column("created_at", sa.DateTime()),
    sa.Index("ix_search_documents_id", "id"),
)
sa.Table(
    "providers",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("name", sa.String()),
    sa.Column("display_name", sa.String()),
    sa.Column("capabilities", sa.JSON()),
    sa.Column("default_model", sa.String()),
    sa.Column("metadata_", sa.JSON()),
    sa.Column("is_active", sa.Boolean()),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
    sa.Index("ix_providers_name", "name", unique=True),
    sa.Index("ix_providers_id", "id"),
)
sa.Table(
    "provider_credentials",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("provider_id", sa.Integer(), sa.ForeignKey("providers.id")),
    sa.Column("encrypted_key", sa.Text()),
    sa.Column("scopes", sa.JSON()),
    sa.Column("created_by", sa.String()),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("expires_at", sa.DateTime(timezone=True)),
    sa.Index("ix_provider_credentials_id", "id"),
)
sa.Table(
    "model_configs",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("provider_id", sa.Integer(), sa.ForeignKey("providers.id")),
    sa.Column("name", sa.String()),
    sa.Column("params", sa.JSON()),
    sa.Column("is_default", sa.Boolean()),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
    sa.Index("ix_model_configs_id", "id"),
)
sa.Table(
    "global_settings",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("key", sa.String()),
    sa.Column("value", sa.JSON()),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("key"),
    sa.Index("ix_global_settings_id", "id"),
)
sa.Table(
    "routing_providers",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("display_name", sa.String(200), nullable=False),
    sa.Column("base_url", sa.String(500), nullable=False),
    sa.Column("api_key_encrypted", sa.Text(), nullable=False),
    sa.Column("is_active", sa.Boolean()),
    sa.Column("capabilities", sa.JSON(), nullable=False),
    sa.Column("models", sa.JSON(), nullable=False),
    sa.Column("rate_limits", sa.JSON()),
    sa.Column("cost_per_token", sa.Float()),
    sa.Column("priority", sa.Integer()),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("name"),
    sa.Index("ix_routing_providers_id", "id"),
)
sa.Table(
    "provider_metrics",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("provider_id", sa.Integer(), sa.ForeignKey("routing_providers.id"), nullable=False),
    sa.Column("timestamp", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("is_healthy", sa.Boolean(), nullable=False),
    sa.Column("response_time_ms", sa.Float()),
    sa.Column("error_rate", sa.Float()),
    sa.Column("throughput_rpm", sa.Float()),
    sa.Column("tokens_used", sa.Integer()),
    sa.Column("cost_incurred", sa.Float()),
    sa.Column("metadata_json", sa.JSON()),
    sa.Index("ix_provider_metrics_timestamp", "timestamp"),
    sa.Index("ix_provider_metrics_id", "id"),
)
sa.Table(
    "provider_policies",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("provider_id", sa.Integer(), sa.ForeignKey("routing_providers.id"), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("policy_type", sa.String(50), nullable=False),
    sa.Column("conditions", sa.JSON(), nullable=False),
    sa.Column("actions", sa.JSON(), nullable=False),
    sa.Column("priority", sa.Integer()),
    sa.Column("is_active", sa.Boolean()),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
    sa.Index("ix_provider_policies_id", "id"),
)
sa.Table(
    "routing_requests",
    legacy,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("request_id", sa.String(100), nullable=False),
    sa.Column("capability", sa.String(100), nullable=False),
    sa.Column("requirements", sa.JSON()),
    sa.Column("selected_provider_id", sa.Integer(), sa.ForeignKey("routing_providers.id")),
    sa.Column("response_time_ms", sa.Float()),
    sa.Column("success", sa.Boolean()),
    sa.Column("error_message", sa.Text()),
    sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.UniqueConstraint("request_id"),
    sa.Index("ix_routing_requests_id", "id"),
)


def upgrade() -> None:
    for table in legacy.sorted_tables:
        op.execute(sa.schema.CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            op.execute(sa.schema.CreateIndex(index))


def downgrade() -> None:
    for table in reversed(legacy.sorted_tables):
        op.drop_table(table.name)
