-- The Alembic revision 0ae54fa82ef0, written by gatepost export. Change the revision, and export again.

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);


CREATE TABLE global_settings (
    id SERIAL NOT NULL, 
    key VARCHAR, 
    value JSON, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    updated_at TIMESTAMP WITH TIME ZONE, 
    PRIMARY KEY (id), 
    UNIQUE (key)
);

CREATE INDEX ix_global_settings_id ON global_settings (id);

CREATE TABLE providers (
    id SERIAL NOT NULL, 
    name VARCHAR, 
    display_name VARCHAR, 
    capabilities JSON, 
    default_model VARCHAR, 
    metadata_ JSON, 
    is_active BOOLEAN, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    updated_at TIMESTAMP WITH TIME ZONE, 
    PRIMARY KEY (id)
);

CREATE INDEX ix_providers_id ON providers (id);

CREATE UNIQUE INDEX ix_providers_name ON providers (name);

CREATE TABLE routing_providers (
    id SERIAL NOT NULL, 
    name VARCHAR(100) NOT NULL, 
    display_name VARCHAR(200) NOT NULL, 
    base_url VARCHAR(500) NOT NULL, 
    api_key_encrypted TEXT NOT NULL, 
    is_active BOOLEAN, 
    capabilities JSON NOT NULL, 
    models JSON NOT NULL, 
    rate_limits JSON, 
    cost_per_token FLOAT, 
    priority INTEGER, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    updated_at TIMESTAMP WITH TIME ZONE, 
    PRIMARY KEY (id), 
    UNIQUE (name)
);

CREATE INDEX ix_routing_providers_id ON routing_providers (id);

CREATE TABLE search_collections (
    id SERIAL NOT NULL, 
    name VARCHAR NOT NULL, 
    created_at TIMESTAMP WITHOUT TIME ZONE, 
    PRIMARY KEY (id)
);

CREATE INDEX ix_search_collections_id ON search_collections (id);

CREATE UNIQUE INDEX ix_search_collections_name ON search_collections (name);

CREATE TABLE users (
    id VARCHAR NOT NULL, 
    email VARCHAR NOT NULL, 
    password_hash VARCHAR, 
    name VARCHAR, 
    google_id VARCHAR, 
    passkey_credential_id VARCHAR, 
    passkey_public_key TEXT, 
    created_at TIMESTAMP WITHOUT TIME ZONE, 
    updated_at TIMESTAMP WITHOUT TIME ZONE, 
    PRIMARY KEY (id), 
    UNIQUE (google_id)
);

CREATE UNIQUE INDEX ix_users_email ON users (email);

CREATE INDEX ix_users_id ON users (id);

CREATE TABLE model_configs (
    id SERIAL NOT NULL, 
    provider_id INTEGER, 
    name VARCHAR, 
    params JSON, 
    is_default BOOLEAN, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    updated_at TIMESTAMP WITH TIME ZONE, 
    PRIMARY KEY (id), 
    FOREIGN KEY(provider_id) REFERENCES providers (id)
);

CREATE INDEX ix_model_configs_id ON model_configs (id);

CREATE TABLE provider_credentials (
    id SERIAL NOT NULL, 
    provider_id INTEGER, 
    encrypted_key TEXT, 
    scopes JSON, 
    created_by VARCHAR, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    expires_at TIMESTAMP WITH TIME ZONE, 
    PRIMARY KEY (id), 
    FOREIGN KEY(provider_id) REFERENCES providers (id)
);

CREATE INDEX ix_provider_credentials_id ON provider_credentials (id);

CREATE TABLE provider_metrics (
    id SERIAL NOT NULL, 
    provider_id INTEGER NOT NULL, 
    timestamp TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    is_healthy BOOLEAN NOT NULL, 
    response_time_ms FLOAT, 
    error_rate FLOAT, 
    throughput_rpm FLOAT, 
    tokens_used INTEGER, 
    cost_incurred FLOAT, 
    metadata_json JSON, 
    PRIMARY KEY (id), 
    FOREIGN KEY(provider_id) REFERENCES routing_providers (id)
);

CREATE INDEX ix_provider_metrics_id ON provider_metrics (id);

CREATE INDEX ix_provider_metrics_timestamp ON provider_metrics (timestamp);

CREATE TABLE provider_policies (
    id SERIAL NOT NULL, 
    provider_id INTEGER NOT NULL, 
    name VARCHAR(100) NOT NULL, 
    policy_type VARCHAR(50) NOT NULL, 
    conditions JSON NOT NULL, 
    actions JSON NOT NULL, 
    priority INTEGER, 
    is_active BOOLEAN, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    updated_at TIMESTAMP WITH TIME ZONE, 
    PRIMARY KEY (id), 
    FOREIGN KEY(provider_id) REFERENCES routing_providers (id)
);

CREATE INDEX ix_provider_policies_id ON provider_policies (id);

CREATE TABLE routing_requests (
    id SERIAL NOT NULL, 
    request_id VARCHAR(100) NOT NULL, 
    capability VARCHAR(100) NOT NULL, 
    requirements JSON, 
    selected_provider_id INTEGER, 
    response_time_ms FLOAT, 
    success BOOLEAN, 
    error_message TEXT, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    PRIMARY KEY (id), 
    UNIQUE (request_id), 
    FOREIGN KEY(selected_provider_id) REFERENCES routing_providers (id)
);

CREATE INDEX ix_routing_requests_id ON routing_requests (id);

CREATE TABLE search_documents (
    id SERIAL NOT NULL, 
    collection_id INTEGER NOT NULL, 
    document_id VARCHAR NOT NULL, 
    document TEXT NOT NULL, 
    document_metadata JSON, 
    created_at TIMESTAMP WITHOUT TIME ZONE, 
    PRIMARY KEY (id), 
    FOREIGN KEY(collection_id) REFERENCES search_collections (id)
);

CREATE INDEX ix_search_documents_id ON search_documents (id);

CREATE TABLE streams (
    id VARCHAR NOT NULL, 
    user_id VARCHAR, 
    goblin VARCHAR NOT NULL, 
    task TEXT NOT NULL, 
    code TEXT, 
    provider VARCHAR, 
    model VARCHAR, 
    status VARCHAR, 
    created_at TIMESTAMP WITHOUT TIME ZONE, 
    PRIMARY KEY (id), 
    FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE INDEX ix_streams_id ON streams (id);

CREATE TABLE tasks (
    id VARCHAR NOT NULL, 
    user_id VARCHAR, 
    goblin VARCHAR NOT NULL, 
    task TEXT NOT NULL, 
    code TEXT, 
    provider VARCHAR, 
    model VARCHAR, 
    status VARCHAR, 
    result TEXT, 
    created_at TIMESTAMP WITHOUT TIME ZONE, 
    updated_at TIMESTAMP WITHOUT TIME ZONE, 
    PRIMARY KEY (id), 
    FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE INDEX ix_tasks_id ON tasks (id);

CREATE TABLE stream_chunks (
    id SERIAL NOT NULL, 
    stream_id VARCHAR NOT NULL, 
    content TEXT, 
    token_count INTEGER, 
    cost_delta FLOAT, 
    done BOOLEAN, 
    created_at TIMESTAMP WITHOUT TIME ZONE, 
    PRIMARY KEY (id), 
    FOREIGN KEY(stream_id) REFERENCES streams (id)
);

CREATE INDEX ix_stream_chunks_id ON stream_chunks (id);

INSERT INTO alembic_version (version_num) VALUES ('0ae54fa82ef0') RETURNING alembic_version.version_num;
