"""Intercom."""

from connectors.intercom.connector import Intercom

CONNECTOR = Intercom
