"""Help Scout."""

from connectors.help_scout.connector import HelpScout

CONNECTOR = HelpScout
