ALTER TABLE workspaces
    ADD COLUMN transcript_days INTEGER,
    ADD COLUMN payload_days INTEGER;

ALTER TABLE conversations
    ADD COLUMN forgotten_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN forgotten_chat BYTEA;

CREATE INDEX ix_conversations_kept ON conversations (workspace_id, id)
    WHERE forgotten_at IS NULL;

CREATE INDEX ix_conversations_forgotten ON conversations (forgotten_chat)
    WHERE forgotten_chat IS NOT NULL;

DROP INDEX ix_events_bodies;

CREATE INDEX ix_events_bodies ON events (workspace_id, at)
    WHERE direction = 'out' AND payload IS NOT NULL;

CREATE TABLE erasures (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    actor TEXT NOT NULL,
    conversation_ids TEXT[] NOT NULL,
    counts JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    run INTEGER DEFAULT '0' NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    parked JSONB,
    CONSTRAINT pk_erasures PRIMARY KEY (id)
);

CREATE INDEX ix_erasures_list ON erasures (workspace_id, id);

CREATE INDEX ix_erasures_open ON erasures (id) WHERE ended_at IS NULL;
