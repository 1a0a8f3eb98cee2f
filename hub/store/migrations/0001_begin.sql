CREATE TABLE audit (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    detail TEXT,
    subject_id TEXT,
    conversation_id TEXT,
    escalation_id TEXT,
    CONSTRAINT pk_audit PRIMARY KEY (id)
);

CREATE INDEX ix_audit_conversation ON audit (conversation_id, id) WHERE conversation_id is not null;

CREATE INDEX ix_audit_escalation ON audit (escalation_id, id) WHERE escalation_id is not null;

CREATE INDEX ix_audit_list ON audit (workspace_id, id);

CREATE TABLE changes (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    external_id TEXT NOT NULL,
    external_ticket_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body JSONB DEFAULT '{}' NOT NULL,
    via TEXT NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    outcome TEXT,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    applied_at TIMESTAMP WITH TIME ZONE,
    run INTEGER DEFAULT '0' NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    parked JSONB,
    CONSTRAINT pk_changes PRIMARY KEY (id),
    CONSTRAINT uq_changes_connection_id_external_id UNIQUE (connection_id, external_id)
);

CREATE INDEX ix_changes_ticket ON changes (connection_id, external_ticket_id, at);

CREATE INDEX ix_changes_waiting ON changes (received_at) WHERE state = 'waiting';

CREATE TABLE connections (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    desk TEXT NOT NULL,
    name TEXT NOT NULL,
    config BYTEA NOT NULL,
    token BYTEA,
    webhook_secret BYTEA,
    webhook_id TEXT,
    state TEXT DEFAULT 'active' NOT NULL,
    state_reason TEXT,
    pause_ai_at TEXT DEFAULT 'created' NOT NULL,
    rate INTEGER,
    concurrency INTEGER DEFAULT '8' NOT NULL,
    turn_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    closed_until TIMESTAMP WITH TIME ZONE,
    failures INTEGER DEFAULT '0' NOT NULL,
    poll_cursor TEXT,
    polled_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_connections PRIMARY KEY (id),
    CONSTRAINT uq_connections_workspace_id_name UNIQUE (workspace_id, name)
);

CREATE TABLE conversations (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    source_id TEXT COLLATE "C" NOT NULL,
    external_id TEXT NOT NULL,
    channel TEXT,
    language TEXT,
    url TEXT,
    requester JSONB DEFAULT '{}' NOT NULL,
    requester_key TEXT,
    speaker TEXT DEFAULT 'ai' NOT NULL,
    epoch INTEGER DEFAULT '0' NOT NULL,
    waiting BOOLEAN DEFAULT 'false' NOT NULL,
    state TEXT DEFAULT 'live' NOT NULL,
    message_count INTEGER DEFAULT '0' NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_message_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_conversations PRIMARY KEY (id),
    CONSTRAINT uq_conversations_source_id_external_id UNIQUE (source_id, external_id)
);

CREATE INDEX ix_conversations_list ON conversations (workspace_id, waiting, id);

CREATE INDEX ix_conversations_requester ON conversations (workspace_id, requester_key);

CREATE TABLE keys (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    prefix TEXT NOT NULL,
    hash BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_keys PRIMARY KEY (id),
    CONSTRAINT uq_keys_hash UNIQUE (hash)
);

CREATE TABLE routes (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    condition TEXT,
    connection_ids TEXT[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_routes PRIMARY KEY (id)
);

CREATE INDEX ix_routes_order ON routes (workspace_id, position);

CREATE TABLE sources (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    dialect TEXT NOT NULL,
    secret BYTEA NOT NULL,
    previous_secret BYTEA,
    handoff_message JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_sources PRIMARY KEY (id),
    CONSTRAINT uq_sources_workspace_id_name UNIQUE (workspace_id, name)
);

CREATE TABLE subscribers (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    url TEXT NOT NULL,
    events TEXT[],
    secret BYTEA NOT NULL,
    previous_secret BYTEA,
    previous_until TIMESTAMP WITH TIME ZONE,
    state TEXT DEFAULT 'active' NOT NULL,
    state_reason TEXT,
    failing_since TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_subscribers PRIMARY KEY (id)
);

CREATE INDEX ix_subscribers_workspace ON subscribers (workspace_id);

CREATE TABLE users (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    available BOOLEAN DEFAULT 'true' NOT NULL,
    max_open INTEGER DEFAULT '20' NOT NULL,
    last_assigned_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE workspaces (
    id TEXT COLLATE "C" NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_workspaces PRIMARY KEY (id),
    CONSTRAINT uq_workspaces_slug UNIQUE (slug)
);

CREATE TABLE escalations (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    conversation_id TEXT COLLATE "C" NOT NULL,
    state TEXT DEFAULT 'received' NOT NULL,
    reason JSONB DEFAULT '{}' NOT NULL,
    target TEXT,
    team TEXT,
    priority TEXT,
    fields JSONB DEFAULT '{}' NOT NULL,
    transcript_complete BOOLEAN DEFAULT 'true' NOT NULL,
    summary JSONB,
    connection_id TEXT COLLATE "C",
    route_id TEXT COLLATE "C",
    create_started_at TIMESTAMP WITH TIME ZONE,
    taken_by TEXT COLLATE "C",
    taken_over_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ticketed_at TIMESTAMP WITH TIME ZONE,
    returned_at TIMESTAMP WITH TIME ZONE,
    run INTEGER DEFAULT '0' NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    parked JSONB,
    CONSTRAINT pk_escalations PRIMARY KEY (id),
    CONSTRAINT fk_escalations_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id),
    CONSTRAINT fk_escalations_taken_by FOREIGN KEY(taken_by) REFERENCES users (id)
);

CREATE INDEX ix_escalations_conversation ON escalations (conversation_id, id);

CREATE INDEX ix_escalations_due ON escalations (due_at) WHERE due_at is not null;

CREATE INDEX ix_escalations_list ON escalations (workspace_id, state, id);

CREATE TABLE events (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    direction TEXT NOT NULL,
    type TEXT NOT NULL,
    source_id TEXT COLLATE "C",
    dedupe_key TEXT,
    body_hash TEXT,
    conversation_id TEXT COLLATE "C",
    escalation_id TEXT,
    payload JSONB,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (id),
    CONSTRAINT fk_events_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id)
);

CREATE INDEX ix_events_conversation ON events (conversation_id, id);

CREATE INDEX ix_events_list ON events (workspace_id, direction, id);

CREATE UNIQUE INDEX uq_events_dedupe ON events (source_id, dedupe_key) WHERE dedupe_key is not null;

CREATE TABLE mappings (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    version INTEGER DEFAULT '0' NOT NULL,
    body TEXT NOT NULL,
    author TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_mappings PRIMARY KEY (id),
    CONSTRAINT uq_mappings_connection_id_version UNIQUE (connection_id, version),
    CONSTRAINT fk_mappings_connection_id FOREIGN KEY(connection_id) REFERENCES connections (id)
);

CREATE TABLE messages (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    conversation_id TEXT COLLATE "C" NOT NULL,
    external_id TEXT NOT NULL,
    seq BIGINT GENERATED BY DEFAULT AS IDENTITY,
    role TEXT NOT NULL,
    name TEXT,
    text TEXT NOT NULL,
    attachments JSONB DEFAULT '[]' NOT NULL,
    origin TEXT DEFAULT 'source' NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_messages PRIMARY KEY (id),
    CONSTRAINT uq_messages_conversation_id_external_id UNIQUE (conversation_id, external_id),
    CONSTRAINT fk_messages_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id)
);

CREATE INDEX ix_messages_order ON messages (conversation_id, seq);

CREATE TABLE native_tickets (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    key TEXT NOT NULL,
    subject TEXT NOT NULL,
    status TEXT DEFAULT 'open' NOT NULL,
    requester JSONB DEFAULT '{}' NOT NULL,
    requester_key TEXT,
    team TEXT,
    assignee_id TEXT COLLATE "C",
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_native_tickets PRIMARY KEY (id),
    CONSTRAINT uq_native_tickets_key UNIQUE (key),
    CONSTRAINT fk_native_tickets_assignee_id FOREIGN KEY(assignee_id) REFERENCES users (id)
);

CREATE INDEX ix_native_tickets_inbox ON native_tickets (workspace_id, status, id);

CREATE INDEX ix_native_tickets_requester ON native_tickets (workspace_id, requester_key);

CREATE TABLE sessions (
    token_hash BYTEA NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (token_hash),
    CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE deliveries (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    subscriber_id TEXT COLLATE "C" NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    state TEXT DEFAULT 'pending' NOT NULL,
    last_status INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    run INTEGER DEFAULT '0' NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    parked JSONB,
    CONSTRAINT pk_deliveries PRIMARY KEY (id),
    CONSTRAINT uq_deliveries_subscriber_id_event_id UNIQUE (subscriber_id, event_id),
    CONSTRAINT fk_deliveries_event_id FOREIGN KEY(event_id) REFERENCES events (id)
);

CREATE INDEX ix_deliveries_due ON deliveries (due_at) WHERE due_at is not null;

CREATE INDEX ix_deliveries_list ON deliveries (subscriber_id, id);

CREATE TABLE native_entries (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT GENERATED BY DEFAULT AS IDENTITY,
    kind TEXT NOT NULL,
    author TEXT NOT NULL,
    text TEXT DEFAULT '' NOT NULL,
    body JSONB DEFAULT '{}' NOT NULL,
    content BYTEA,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_native_entries PRIMARY KEY (id),
    CONSTRAINT fk_native_entries_ticket_id FOREIGN KEY(ticket_id) REFERENCES native_tickets (id)
);

CREATE INDEX ix_native_entries_feed ON native_entries (workspace_id, seq);

CREATE INDEX ix_native_entries_ticket ON native_entries (ticket_id, seq);

CREATE TABLE tickets (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    escalation_id TEXT COLLATE "C" NOT NULL,
    conversation_id TEXT COLLATE "C" NOT NULL,
    connection_id TEXT COLLATE "C" NOT NULL,
    desk TEXT NOT NULL,
    external_id TEXT NOT NULL,
    url TEXT NOT NULL,
    subject TEXT,
    status TEXT NOT NULL,
    word TEXT,
    status_at TIMESTAMP WITH TIME ZONE,
    assignee TEXT,
    transcript_seq BIGINT DEFAULT '0' NOT NULL,
    relayed_seq BIGINT DEFAULT '0' NOT NULL,
    relaying BOOLEAN DEFAULT 'false' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    run INTEGER DEFAULT '0' NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    parked JSONB,
    CONSTRAINT pk_tickets PRIMARY KEY (id),
    CONSTRAINT uq_tickets_escalation_id UNIQUE (escalation_id),
    CONSTRAINT uq_tickets_connection_id_external_id UNIQUE (connection_id, external_id),
    CONSTRAINT fk_tickets_escalation_id FOREIGN KEY(escalation_id) REFERENCES escalations (id),
    CONSTRAINT fk_tickets_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id)
);

CREATE INDEX ix_tickets_conversation ON tickets (conversation_id, id);

CREATE INDEX ix_tickets_due ON tickets (due_at) WHERE due_at is not null;

CREATE INDEX ix_tickets_list ON tickets (workspace_id, status, id);

CREATE INDEX ix_tickets_parked ON tickets (workspace_id, id) WHERE parked is not null;

CREATE TABLE entries (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    ticket_id TEXT COLLATE "C" NOT NULL,
    message_id TEXT,
    kind TEXT NOT NULL,
    state TEXT DEFAULT 'sending' NOT NULL,
    external_id TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_entries PRIMARY KEY (id),
    CONSTRAINT fk_entries_ticket_id FOREIGN KEY(ticket_id) REFERENCES tickets (id)
);

CREATE INDEX ix_entries_echo ON entries (ticket_id, external_id);

CREATE UNIQUE INDEX uq_entries_message ON entries (ticket_id, kind, message_id);
