ALTER TABLE sources
    ADD COLUMN previous_until TIMESTAMP WITH TIME ZONE,
    ADD COLUMN state TEXT DEFAULT 'active' NOT NULL;

ALTER TABLE users
    ADD COLUMN appearance TEXT DEFAULT 'system' NOT NULL,
    ADD COLUMN link_hash BYTEA,
    ADD COLUMN link_until TIMESTAMP WITH TIME ZONE,
    ADD COLUMN deactivated_at TIMESTAMP WITH TIME ZONE,
    ADD CONSTRAINT uq_users_link_hash UNIQUE (link_hash);

ALTER TABLE sessions
    ADD COLUMN seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ADD COLUMN address TEXT,
    ADD COLUMN browser TEXT;
CREATE INDEX ix_sessions_user ON sessions (user_id);

CREATE TABLE tries (
    subject_hash BYTEA NOT NULL,
    clear_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_tries PRIMARY KEY (subject_hash)
);

CREATE TABLE sign_ins (
    state_hash BYTEA NOT NULL,
    browser_hash BYTEA NOT NULL,
    kept BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_sign_ins PRIMARY KEY (state_hash)
);

CREATE INDEX ix_audit_people ON audit (workspace_id, actor, id) WHERE actor <> 'hub';
CREATE INDEX ix_audit_subject ON audit (subject_id, id) WHERE subject_id IS NOT NULL;
CREATE INDEX ix_deliveries_failed ON deliveries (subscriber_id, state, id)
    WHERE state IN ('failed', 'dropped');
