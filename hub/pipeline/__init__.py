"""The stories: what happens to an escalation, each to be read from top to bottom."""
