CREATE TABLE files (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C" NOT NULL,
    message_id TEXT COLLATE "C" NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    code TEXT,
    reason TEXT,
    tries INTEGER DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_files PRIMARY KEY (id),
    CONSTRAINT uq_files_ticket_id_message_id_position UNIQUE (ticket_id, message_id, position)
);

CREATE INDEX ix_files_message ON files (message_id);

CREATE INDEX ix_files_waiting ON files (ticket_id, id) WHERE state = 'waiting';
