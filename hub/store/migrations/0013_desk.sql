CREATE INDEX ix_conversations_ended ON conversations (workspace_id, id) WHERE speaker = 'ai' and not waiting and state <> 'live';

CREATE INDEX ix_conversations_human ON conversations (workspace_id, id) WHERE speaker = 'human';

CREATE INDEX ix_conversations_live ON conversations (workspace_id, id) WHERE not waiting and (state = 'live' or speaker = 'human');

CREATE INDEX ix_conversations_words ON conversations USING gin ((array_to_tsvector(ARRAY[workspace_id]) || to_tsvector('simple', translate(left(external_id || ' ' || coalesce(requester ->> 'name', '') || ' ' || coalesce(requester ->> 'email', '') || ' ' || coalesce(requester ->> 'phone', ''), 20000), '@._-/:+', '       ')))) WITH (gin_pending_list_limit = 512);

CREATE INDEX ix_messages_words ON messages USING gin ((array_to_tsvector(ARRAY[workspace_id]) || to_tsvector('simple', translate(left(text, 20000), '@._-/:+', '       ')))) WITH (gin_pending_list_limit = 512);

CREATE INDEX ix_escalations_waiting ON escalations (workspace_id, id) WHERE state in ('received', 'summarised', 'parked');

CREATE INDEX ix_escalations_words ON escalations USING gin ((array_to_tsvector(ARRAY[workspace_id]) || to_tsvector('simple', translate(left(coalesce(summary ->> 'subject', ''), 20000), '@._-/:+', '       ')))) WITH (gin_pending_list_limit = 512);

CREATE INDEX ix_native_tickets_assignee ON native_tickets (assignee_id) WHERE status not in ('solved', 'closed');

CREATE INDEX ix_tickets_at_desk ON tickets (connection_id, id) WHERE status not in ('solved', 'closed');

CREATE INDEX ix_tickets_done ON tickets (workspace_id, id) WHERE status in ('solved', 'closed');

CREATE INDEX ix_tickets_number ON tickets (workspace_id, external_id);

CREATE INDEX ix_tickets_unassigned ON tickets (workspace_id, id) WHERE status not in ('solved', 'closed') and assignee is null;

CREATE INDEX ix_tickets_undone ON tickets (workspace_id, id) WHERE status not in ('solved', 'closed');

CREATE TABLE reads (
	user_id TEXT COLLATE "C" NOT NULL, 
	conversation_id TEXT COLLATE "C" NOT NULL, 
	workspace_id TEXT COLLATE "C" NOT NULL, 
	seq BIGINT NOT NULL, 
	CONSTRAINT pk_reads PRIMARY KEY (user_id, conversation_id), 
	CONSTRAINT fk_reads_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNLOGGED TABLE presence (
	conversation_id TEXT COLLATE "C" NOT NULL, 
	user_id TEXT COLLATE "C" NOT NULL, 
	workspace_id TEXT COLLATE "C" NOT NULL, 
	doing TEXT NOT NULL, 
	seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT pk_presence PRIMARY KEY (conversation_id, user_id), 
	CONSTRAINT fk_presence_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE canned_texts (
	id TEXT COLLATE "C" NOT NULL, 
	workspace_id TEXT COLLATE "C" NOT NULL, 
	name TEXT NOT NULL, 
	text TEXT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT pk_canned_texts PRIMARY KEY (id), 
	CONSTRAINT uq_canned_texts_workspace_id_name UNIQUE (workspace_id, name)
);

