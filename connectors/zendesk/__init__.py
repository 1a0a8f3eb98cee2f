"""Zendesk Support."""

from connectors.zendesk.connector import Zendesk

CONNECTOR = Zendesk
