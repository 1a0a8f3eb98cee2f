"""New Desk."""

from connectors._template.connector import NewDesk

CONNECTOR = NewDesk
