"""Freshdesk."""

from connectors.freshdesk.connector import Freshdesk

CONNECTOR = Freshdesk
