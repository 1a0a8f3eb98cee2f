ALTER TABLE connections ADD COLUMN renewing_until TIMESTAMP WITH TIME ZONE;

CREATE TABLE authorizations (
    state_hash BYTEA NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    session_hash BYTEA NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    desk TEXT NOT NULL,
    name TEXT NOT NULL,
    config BYTEA,
    verifier BYTEA,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_authorizations PRIMARY KEY (state_hash)
);
