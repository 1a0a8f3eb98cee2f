ALTER TABLE sources ADD COLUMN options JSONB DEFAULT '{}' NOT NULL;

ALTER TABLE subscribers
    ADD COLUMN source_id TEXT COLLATE "C",
    ADD COLUMN version INTEGER DEFAULT '1' NOT NULL,
    ADD COLUMN ordered BOOLEAN DEFAULT 'false' NOT NULL,
    ADD COLUMN signing_key BYTEA,
    ADD COLUMN previous_signing_key BYTEA,
    ADD COLUMN warned INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE deliveries
    ADD COLUMN attempts JSONB DEFAULT '[]' NOT NULL,
    ADD COLUMN held BOOLEAN DEFAULT 'false' NOT NULL,
    ADD COLUMN replay_id TEXT COLLATE "C";

CREATE INDEX ix_deliveries_replay ON deliveries (replay_id, state) WHERE replay_id IS NOT NULL;

CREATE INDEX ix_events_bodies ON events (at) WHERE direction = 'out' AND payload IS NOT NULL;

CREATE TABLE replays (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    subscriber_id TEXT COLLATE "C" NOT NULL,
    which TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    until TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    state TEXT DEFAULT 'running' NOT NULL,
    total INTEGER DEFAULT '0' NOT NULL,
    sent INTEGER DEFAULT '0' NOT NULL,
    cursor TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    run INTEGER DEFAULT '0' NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    parked JSONB,
    CONSTRAINT pk_replays PRIMARY KEY (id)
);

CREATE INDEX ix_replays_list ON replays (subscriber_id, id);

CREATE INDEX ix_replays_running ON replays (id) WHERE state = 'running';
