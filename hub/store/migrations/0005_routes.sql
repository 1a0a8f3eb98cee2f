ALTER TABLE workspaces ADD COLUMN time_zone TEXT DEFAULT 'UTC' NOT NULL;

ALTER TABLE routes ADD COLUMN give_up_after INTEGER DEFAULT '10' NOT NULL;

ALTER TABLE escalations ADD COLUMN promised_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE escalations ADD COLUMN given_up TEXT[] DEFAULT '{}' NOT NULL;

ALTER TABLE escalations ADD COLUMN leaving TEXT;

CREATE INDEX ix_escalations_promised ON escalations (promised_at) WHERE promised_at is not null;
