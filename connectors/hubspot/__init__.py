"""HubSpot Service Hub."""

from connectors.hubspot.connector import HubSpot

CONNECTOR = HubSpot
