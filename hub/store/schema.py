"""Every table of the hub, in the order in which a conversation meets them.

Ids are text (see `hub.ids`); times are UTC; each row has its workspace. Work that a job carries out
(escalations, changes, deliveries and others) has the same five columns (`work`): `run` counts the
starts and fences late workers, `tries` counts failures, `last_error` is the last of them, `due_at`
says when to go on, and `parked` why it cannot go on without a person.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from hub.store.columns import (
    count,
    data,
    flag,
    hot,
    key,
    moment,
    of_teammate,
    ref,
    sealed,
    words,
    work,
    workspace,
)
from hub.store.indexes import of_some, of_words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

workspaces = Table(
    "workspaces", metadata, key(), words("slug", null=False), words("name", null=False),
    words("time_zone", null=False, default="UTC"),  # whose clock routes mean
    moment("counted_to", null=True),  # up to which midnight its days are in `figures`
    Column("transcript_days", Integer, nullable=True),  # kept after their end; null: for ever
    Column("payload_days", Integer, nullable=True),  # of events; null: as the installation says
    moment("created_at"), UniqueConstraint("slug"),
)  # fmt: skip

sources = Table(
    "sources", metadata, key(), workspace(),
    words("name", null=False),
    words("dialect", null=False),
    sealed("secret", null=False),
    sealed("previous_secret"),
    moment("previous_until", null=True),  # null: as long as there is a previous secret
    words("state", null=False, default="active"),  # active or paused
    data("handoff_message"),  # what the customer is told at escalation, by language
    Column("rate", Integer, nullable=False, server_default="60000"),  # requests a minute
    moment("created_at"),
    data("options"),  # what its dialect has to be told
    flag("playground"),  # the hub's own, for test conversations
    UniqueConstraint("workspace_id", "name"),
    Index("uq_sources_playground", "workspace_id", unique=True,
          postgresql_where=text("playground")),
)  # fmt: skip

OVER = "speaker = 'ai' and not waiting and state <> 'live'"
conversations = Table(
    "conversations", metadata, key(), workspace(),
    hot("source_id"),
    words("external_id", null=False),
    words("channel"),
    words("language"),
    words("url"),
    data("requester"),
    words("requester_key"),  # e-mail, else the platform's id: the same customer over conversations
    words("speaker", null=False, default="ai"),
    count("epoch"),
    # The last message before the speaker began.
    Column("speaker_seq", BigInteger, nullable=False, server_default="0"),
    flag("waiting"),  # escalated, no desk routed: a teammate is to take over
    words("state", null=False, default="live"),
    count("message_count"),
    moment("started_at"),
    moment("last_message_at", null=True),
    moment("forgotten_at", null=True),  # when its words and its customer were deleted
    Column("forgotten_chat", LargeBinary, nullable=True),  # by which it is known again: `hub.marks`
    UniqueConstraint("source_id", "external_id"),
    Index("ix_conversations_list", "workspace_id", "waiting", "id"),
    Index("ix_conversations_requester", "workspace_id", "requester_key"),
    of_words("conversations"),
    # Who waits, or has a human, is somebody's work still when the platform has ended the chat.
    of_some("conversations", "live", "not waiting and (state = 'live' or speaker = 'human')",
            "workspace_id", "id"),
    of_some("conversations", "human", "speaker = 'human'", "workspace_id", "id"),
    of_some("conversations", "kept", "forgotten_at is null", "workspace_id", "id"),
    of_some("conversations", "forgotten", "forgotten_chat is not null", "forgotten_chat"),
    of_some("conversations", "ended", OVER, "workspace_id", "id"),
    of_some("conversations", "ended_language", OVER, "workspace_id", "language", "id"),
    of_some("conversations", "ended_channel", OVER, "workspace_id", "channel", "id"),
)  # fmt: skip

messages = Table(
    "messages", metadata, key(), workspace(),
    hot("conversation_id"),
    words("external_id", null=False),
    Column("seq", BigInteger, Identity(), nullable=False),  # the order of acceptance
    words("role", null=False),
    words("name"),
    words("text", null=False),
    data("attachments", default="[]"),
    words("origin", null=False, default="source"),  # source, desk or hub
    moment("at"),
    UniqueConstraint("conversation_id", "external_id"),
    Index("ix_messages_order", "conversation_id", "seq"),
    Index("ix_messages_human", "conversation_id", "at", postgresql_where=text("role = 'agent'")),
    of_words("messages"),
)  # fmt: skip

# What came in from sources and what we told subscribers.
events = Table(
    "events", metadata, key(), workspace(),
    words("direction", null=False),  # in or out
    words("type", null=False),
    hot("source_id", null=True),
    words("dedupe_key"),
    words("body_hash"),
    hot("conversation_id", null=True),
    words("escalation_id"),
    data("payload", null=True),  # of outgoing events
    moment("at"),
    Index("uq_events_dedupe", "source_id", "dedupe_key", unique=True,
          postgresql_where=text("dedupe_key is not null")),
    Index("ix_events_keys", "at", postgresql_where=text("dedupe_key is not null")),
    Index("ix_events_list", "workspace_id", "direction", "id"),
    Index("ix_events_conversation", "conversation_id", "id"),
    Index("ix_events_bodies", "workspace_id", "at",
          postgresql_where=text("direction = 'out' and payload is not null")),
)  # fmt: skip

escalations = Table(
    "escalations", metadata, key(), workspace(),
    ref("conversation_id", "conversations"),
    words("state", null=False, default="received"),
    data("reason"),
    words("target"),
    words("team"),
    words("priority"),
    data("fields"),
    flag("transcript_complete", True),
    data("summary", null=True),
    data("brief", null=True),  # a language model's, until the conversation is handed back
    hot("connection_id", null=True),
    hot("route_id", null=True),
    moment("create_started_at", null=True),  # a create may be on its way: look before the next
    moment("promised_at", null=True),  # when the desk's time is over; null: no next one
    Column("given_up", ARRAY(Text), nullable=False, server_default="{}"),  # connections, in order
    words("leaving"),  # why it leaves this desk, once it is certain that no ticket is there
    ref("taken_by", "users", null=True),
    moment("taken_over_at", null=True),
    moment("created_at"),
    moment("ticketed_at", null=True),
    moment("returned_at", null=True),
    Column("mapping_version", Integer, nullable=True),  # of the last create; 0 = the default
    words("traceparent"),  # where its trace began (`hub.tracing`)
    moment("restored_at", null=True),  # by a backup: a desk may know more of it than we do
    Column("transcript_seq", BigInteger, nullable=True),  # how far its transcript went
    *work(),
    Index("ix_escalations_list", "workspace_id", "state", "id"),
    Index("ix_escalations_conversation", "conversation_id", "id"),
    Index("ix_escalations_begun", "workspace_id", "created_at"),
    Index("ix_escalations_due", "due_at", postgresql_where=text("due_at is not null")),
    Index("ix_escalations_promised", "promised_at",
          postgresql_where=text("promised_at is not null")),
    of_words("escalations"),
    of_some("escalations", "doubts", "state = 'returned' and create_started_at is not null"
            " and ticketed_at is null", "created_at"),
    of_some("escalations", "waiting", "state in ('received', 'summarised', 'parked')",
            "workspace_id", "id"),
)  # fmt: skip

tickets = Table(
    "tickets", metadata, key(), workspace(),
    ref("escalation_id", "escalations"),
    ref("conversation_id", "conversations"),
    hot("connection_id"),
    words("desk", null=False),
    words("external_id", null=False),
    words("url", null=False),
    words("subject"),
    words("status", null=False),
    words("word"),  # the desk's own word for the status
    moment("status_at", null=True),  # by the desk's clock
    words("assignee"),
    Column("mapping_version", Integer, nullable=True),  # that made it; 0 = the desk's default
    Column("transcript_seq", BigInteger, nullable=False, server_default="0"),
    Column("relayed_seq", BigInteger, nullable=False, server_default="0"),
    flag("relaying"),  # a relay job is open
    moment("created_at"),
    moment("closed_at", null=True),
    *work(),
    UniqueConstraint("escalation_id"),
    UniqueConstraint("connection_id", "external_id"),
    Index("ix_tickets_conversation", "conversation_id", "id"),
    Index("ix_tickets_list", "workspace_id", "status", "id"),
    Index("ix_tickets_created", "workspace_id", "created_at"),
    Index("ix_tickets_parked", "workspace_id", "id", postgresql_where=text("parked is not null")),
    Index("ix_tickets_due", "due_at", postgresql_where=text("due_at is not null")),
    Index("ix_tickets_number", "workspace_id", "external_id"),
    of_some("tickets", "undone", "status not in ('solved', 'closed')", "workspace_id", "id"),
    of_some("tickets", "unassigned", "status not in ('solved', 'closed') and assignee is null",
            "workspace_id", "id"),
    of_some("tickets", "done", "status in ('solved', 'closed')", "workspace_id", "id"),
    of_some("tickets", "relaying", "relaying", "created_at"),
    of_some("tickets", "at_desk", "status not in ('solved', 'closed')", "connection_id", "id"),
)  # fmt: skip

# What we wrote at the desk. `sending` is the intent: the desk may or may not have it.
entries = Table(
    "entries", metadata, key(), workspace(),
    ref("ticket_id", "tickets"),
    words("message_id"),
    words("kind", null=False),  # message, note, delta (a further note) or file
    words("state", null=False, default="sending"),
    words("external_id"),
    moment("created_at"),
    moment("sent_at", null=True),
    data("calls", null=True),  # what was called at the desk for it (`connectors.calls`)
    Index("uq_entries_message", "ticket_id", "kind", "message_id", unique=True),
    Index("ix_entries_echo", "ticket_id", "external_id"),
)  # fmt: skip

# Customers who are to be erased, by their conversations: nothing here tells who they are.
erasures = Table(
    "erasures", metadata, key(), workspace(),
    words("actor", null=False),
    Column("conversation_ids", ARRAY(Text), nullable=False),
    data("counts"),  # what there was of them, by noun
    moment("created_at"),
    moment("ended_at", null=True),
    *work(),
    Index("ix_erasures_list", "workspace_id", "id"),
    Index("ix_erasures_open", "id", postgresql_where=text("ended_at is null")),
)  # fmt: skip

# Customers' files that follow their messages to the ticket.
files = Table(
    "files", metadata, key(), workspace(),
    hot("ticket_id"),
    hot("message_id"),
    count("position"),  # among the message's attachments
    words("state", null=False, default="waiting"),  # waiting, sent or degraded
    words("code"),  # why it stayed a link, in a word
    words("reason"),  # and in a sentence
    count("tries"),
    moment("created_at"),
    moment("ended_at", null=True),
    UniqueConstraint("ticket_id", "message_id", "position"),
    Index("ix_files_message", "message_id"),
    Index("ix_files_waiting", "ticket_id", "id", postgresql_where=text("state = 'waiting'")),
)  # fmt: skip

# Many parked escalations that somebody lets go on at once; a job takes them in order.
retries = Table(
    "retries", metadata, key(), workspace(),
    words("actor", null=False),
    Column("escalation_ids", ARRAY(Text), nullable=False),
    count("done"),  # how many were looked at
    count("went_on"),  # and were parked still
    moment("created_at"),
    moment("ended_at", null=True),
    *work(),
    Index("ix_retries_open", "workspace_id", "id", postgresql_where=text("ended_at is null")),
)  # fmt: skip

# The one inbox for webhooks and polling.
changes = Table(
    "changes", metadata, key(), workspace(),
    hot("connection_id"),
    words("external_id", null=False),  # the change's own id: doubles collide
    words("external_ticket_id", null=False),
    words("kind", null=False),
    data("body"),
    words("via", null=False),  # webhook, poll or native
    words("state", null=False, default="waiting"),  # waiting, applied or dropped
    words("outcome"),
    moment("at"),
    moment("received_at"),
    moment("applied_at", null=True),
    *work(),
    UniqueConstraint("connection_id", "external_id"),
    Index("ix_changes_ticket", "connection_id", "external_ticket_id", "at"),
    Index("ix_changes_waiting", "received_at", postgresql_where=text("state = 'waiting'")),
    Index("ix_changes_parked", "workspace_id", postgresql_where=text("state = 'parked'")),
)  # fmt: skip

connections = Table(
    "connections", metadata, key(), workspace(),
    words("desk", null=False),
    words("name", null=False),
    sealed("config", null=False),
    sealed("token"),
    sealed("webhook_secret"),
    words("webhook_id"),
    moment("webhook_looked_at", null=True),
    words("state", null=False, default="active"),
    words("state_reason"),
    words("pause_ai_at", null=False, default="created"),  # created or assigned
    Column("rate", Integer, nullable=True),  # calls a minute, null = unlimited
    count("concurrency", 8),
    moment("turn_at"),  # GCRA: when the next call is due
    moment("closed_until", null=True),  # breaker open, or the desk said Retry-After
    count("failures"),
    words("poll_cursor"),
    moment("polled_at", null=True),
    count("version"),
    moment("created_at"),
    moment("renewing_until", null=True),  # the lease of who renews the token
    words("account_id"),  # as whom the desk knows us, by `verify`
    data("troubles", default="[]"),  # the last errors, the newest first
    moment("heard_at", null=True),  # the last webhook, to the minute
    moment("archived_at", null=True),
    UniqueConstraint("workspace_id", "name"),
)  # fmt: skip

routes = Table(
    "routes", metadata, key(), workspace(),
    count("position"),
    words("condition"),
    count("give_up_after", 10),  # minutes until the next connection gets it
    Column("connection_ids", ARRAY(Text), nullable=False),
    flag("enabled", True),
    moment("created_at"),
    Index("ix_routes_order", "workspace_id", "position"),
)  # fmt: skip

mappings = Table(
    "mappings", metadata, key(), workspace(),
    ref("connection_id", "connections"),
    count("version"),
    words("body", null=False),
    words("author"),
    flag("checked"),  # held against the desk's own fields
    moment("created_at"),
    UniqueConstraint("connection_id", "version"),
)  # fmt: skip

subscribers = Table(
    "subscribers", metadata, key(), workspace(),
    words("url", null=False),
    Column("events", ARRAY(Text), nullable=True),  # null = all
    sealed("secret", null=False),
    sealed("previous_secret"),
    moment("previous_until", null=True),
    words("state", null=False, default="active"),
    words("state_reason"),
    moment("failing_since", null=True),
    moment("created_at"),
    hot("source_id", null=True),  # a platform that is answered in its own dialect
    Column("version", Integer, nullable=False, server_default="1"),  # of the events' bodies
    flag("ordered"),  # an event waits for the one before of the same conversation
    sealed("signing_key"),  # Ed25519, for v1a
    sealed("previous_signing_key"),
    count("warned"),  # how often the others were told of its failing
    Index("ix_subscribers_workspace", "workspace_id"),
)  # fmt: skip

deliveries = Table(
    "deliveries", metadata, key(), workspace(),
    hot("subscriber_id"),
    ref("event_id", "events"),
    words("state", null=False, default="pending"),  # pending, delivered, failed or dropped
    Column("last_status", Integer, nullable=True),
    moment("created_at"),
    moment("delivered_at", null=True),
    *work(),
    data("attempts", default="[]"),  # the latest: when, how long, and what was answered
    flag("held"),  # waits for the one before of the same conversation
    hot("replay_id", null=True),
    UniqueConstraint("subscriber_id", "event_id"),
    Index("ix_deliveries_list", "subscriber_id", "id"),
    Index("ix_deliveries_failed", "subscriber_id", "state", "id",
          postgresql_where=text("state in ('failed', 'dropped')")),
    Index("ix_deliveries_due", "due_at", postgresql_where=text("due_at is not null")),
    of_some("deliveries", "pending", "state = 'pending'", "created_at"),
    Index("ix_deliveries_replay", "replay_id", "state",
          postgresql_where=text("replay_id is not null")),
)  # fmt: skip

# Many deliveries sent once more: a range of events, in batches.
replays = Table(
    "replays", metadata, key(), workspace(),
    hot("subscriber_id"),
    words("which", null=False),  # failed, missing or all
    moment("since"),
    moment("until"),
    words("state", null=False, default="running"),  # running, done or stopped
    count("total"),
    count("sent"),
    words("cursor"),  # the last event that was looked at
    moment("created_at"),
    moment("ended_at", null=True),
    *work(),
    Index("ix_replays_list", "subscriber_id", "id"),
    Index("ix_replays_running", "id", postgresql_where=text("state = 'running'")),
)  # fmt: skip

users = Table(
    "users", metadata, key(), workspace(),
    words("email", null=False),
    words("name", null=False),
    words("role", null=False),
    words("password_hash"),
    flag("available", True),
    count("max_open", 20),
    moment("last_assigned_at", null=True),
    moment("created_at"),
    words("appearance", null=False, default="system"),  # system, light or dark
    Column("link_hash", LargeBinary, nullable=True),  # of a link that sets a password, once
    moment("link_until", null=True),
    moment("deactivated_at", null=True),
    words("time_zone"),  # whose clock the shifts and days off mean; null: the workspace's
    UniqueConstraint("email"),
    UniqueConstraint("link_hash"),
)  # fmt: skip

# When a teammate works, week by week; somebody without shifts works at any time.
shifts = Table(
    "shifts", metadata, key(), workspace(),
    ref("user_id", "users"),
    count("weekday"),  # 0 is Monday
    count("begins"),  # minutes after midnight
    count("ends"),  # at or before `begins`: on the next day
    Index("ix_shifts_user", "user_id"),
)  # fmt: skip

days_off = Table(
    "days_off", metadata, key(), workspace(),
    ref("user_id", "users"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),  # this day, too
    Index("ix_days_off_user", "user_id", "last_day"),
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    workspace(),
    ref("user_id", "users"),
    moment("created_at"),
    moment("expires_at"),
    moment("seen_at"),  # to the minute
    words("address"),
    words("browser"),
    Index("ix_sessions_user", "user_id"),
)  # fmt: skip

# How often somebody tried to sign in of late, as one moment (GCRA): see `hub.store.tries`.
tries = Table(
    "tries", metadata,
    Column("subject_hash", LargeBinary, primary_key=True),
    moment("clear_at"),
)  # fmt: skip

# A person at the identity provider's page, until they come back.
sign_ins = Table(
    "sign_ins", metadata,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("browser_hash", LargeBinary, nullable=False),
    sealed("kept", null=False),  # nonce, verifier and where they wanted to go
    moment("expires_at"),
)  # fmt: skip

# A person at a desk's own page: what the hub has to remember until they come back.
authorizations = Table(
    "authorizations", metadata,
    Column("state_hash", LargeBinary, primary_key=True),
    workspace(),
    Column("session_hash", LargeBinary, nullable=False),
    hot("connection_id"),  # the connection that is to be, or the one to authorise again
    words("desk", null=False),
    words("name", null=False),
    sealed("config"),  # null once they came back
    sealed("verifier"),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", null=True),
)  # fmt: skip

keys = Table(
    "keys", metadata, key(), workspace(),
    words("name", null=False),
    words("role", null=False),
    words("prefix", null=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    moment("expires_at", null=True),
    moment("last_used_at", null=True),
    moment("created_at"),
)  # fmt: skip

# Every change of state; an escalation's timeline is its rows.
audit = Table(
    "audit", metadata, key(), workspace(),
    moment("at"),
    words("actor", null=False),
    words("what", null=False),
    words("detail"),
    words("subject_id"),
    words("conversation_id"),
    words("escalation_id"),
    data("calls", null=True),  # what was called at the desk for it (`connectors.calls`)
    Index("ix_audit_list", "workspace_id", "id"),
    Index("ix_audit_people", "workspace_id", "actor", "id",
          postgresql_where=text("actor <> 'hub'")),
    Index("ix_audit_subject", "subject_id", "id",
          postgresql_where=text("subject_id is not null")),
    Index("ix_audit_escalation", "escalation_id", "id",
          postgresql_where=text("escalation_id is not null")),
    Index("ix_audit_conversation", "conversation_id", "id",
          postgresql_where=text("conversation_id is not null")),
    of_some("audit", "turns", "what in ('agent.replied', 'conversation.resumed')",
            "workspace_id", "at"),
)  # fmt: skip

# Of each day that is over, how often what happened; made from the rows above (`store.figures`).
figures = Table(
    "figures", metadata,
    Column("workspace_id", Text(collation="C"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
)  # fmt: skip

# The hub's own desk: what `connectors.live_chat` calls "the vendor".
native_tickets = Table(
    "native_tickets", metadata, key(), workspace(),
    words("key", null=False),
    words("subject", null=False),
    words("status", null=False, default="open"),
    data("requester"),
    words("requester_key"),
    words("team"),
    words("priority"),  # by the mapping
    ref("assignee_id", "users", null=True),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("key"),
    Index("ix_native_tickets_inbox", "workspace_id", "status", "id"),
    Index("ix_native_tickets_requester", "workspace_id", "requester_key"),
    of_some("native_tickets", "assignee", "status not in ('solved', 'closed')", "assignee_id"),
)  # fmt: skip

native_entries = Table(
    "native_entries", metadata, key(), workspace(),
    ref("ticket_id", "native_tickets"),
    Column("seq", BigInteger, Identity(), nullable=False),
    words("kind", null=False),  # message, note, file, status or assignment
    words("author", null=False),
    words("text", null=False, default=""),
    data("body"),
    sealed("content"),  # of a file, in the clear
    moment("at"),
    Index("ix_native_entries_ticket", "ticket_id", "seq"),
    Index("ix_native_entries_feed", "workspace_id", "seq"),
)  # fmt: skip

# How far each teammate has read a conversation.
reads = Table(
    "reads", metadata,
    of_teammate(),
    Column("conversation_id", Text(collation="C"), primary_key=True),
    workspace(),
    Column("seq", BigInteger, nullable=False),
)  # fmt: skip

# Who looks at a conversation, or writes in it, at this moment; a crash may forget it.
presence = Table(
    "presence", metadata,
    Column("conversation_id", Text(collation="C"), primary_key=True),
    of_teammate(),
    workspace(),
    words("doing", null=False),  # viewing or replying
    moment("seen_at"),
    prefixes=["UNLOGGED"],
)  # fmt: skip

# What teammates write again and again.
canned_texts = Table(
    "canned_texts", metadata, key(), workspace(),
    words("name", null=False),
    words("text", null=False),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("workspace_id", "name"),
)  # fmt: skip

# What only one process may do, and until when it may.
leases = Table(
    "leases", metadata,
    Column("name", Text, primary_key=True),
    words("holder", null=False),
    Column("until", DateTime(timezone=True), nullable=False),
)  # fmt: skip
