ALTER TABLE audit ADD COLUMN calls JSONB;

ALTER TABLE entries ADD COLUMN calls JSONB;

ALTER TABLE routes ADD COLUMN enabled BOOLEAN DEFAULT true NOT NULL;

ALTER TABLE connections ADD COLUMN account_id TEXT;

ALTER TABLE connections ADD COLUMN troubles JSONB DEFAULT '[]' NOT NULL;

ALTER TABLE connections ADD COLUMN heard_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE connections ADD COLUMN archived_at TIMESTAMP WITH TIME ZONE;

CREATE INDEX ix_escalations_begun ON escalations (workspace_id, created_at);

CREATE INDEX ix_messages_human ON messages (conversation_id, at) WHERE role = 'agent';

CREATE INDEX ix_audit_resumed ON audit (workspace_id, at) WHERE what = 'conversation.resumed';

CREATE TABLE retries (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    actor TEXT NOT NULL,
    escalation_ids TEXT[] NOT NULL,
    done INTEGER DEFAULT 0 NOT NULL,
    went_on INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    run INTEGER DEFAULT 0 NOT NULL,
    tries INTEGER DEFAULT 0 NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    parked JSONB,
    CONSTRAINT pk_retries PRIMARY KEY (id)
);

CREATE INDEX ix_retries_open ON retries (workspace_id, id) WHERE ended_at IS NULL;
