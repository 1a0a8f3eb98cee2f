"""Zoho Desk."""

from connectors.zoho_desk.connector import ZohoDesk

CONNECTOR = ZohoDesk
