"""Salesforce Service Cloud."""

from connectors.salesforce.connector import Salesforce

CONNECTOR = Salesforce
