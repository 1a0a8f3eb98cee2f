ALTER TABLE sources ADD COLUMN playground BOOLEAN DEFAULT false NOT NULL;

CREATE UNIQUE INDEX uq_sources_playground ON sources (workspace_id) WHERE playground;

ALTER TABLE users ADD COLUMN time_zone TEXT;

CREATE TABLE shifts (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    weekday INTEGER DEFAULT '0' NOT NULL,
    begins INTEGER DEFAULT '0' NOT NULL,
    ends INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_shifts PRIMARY KEY (id),
    CONSTRAINT fk_shifts_user_id FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE INDEX ix_shifts_user ON shifts (user_id);

CREATE TABLE days_off (
    id TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    CONSTRAINT pk_days_off PRIMARY KEY (id),
    CONSTRAINT fk_days_off_user_id FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE INDEX ix_days_off_user ON days_off (user_id, last_day);
