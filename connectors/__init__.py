"""Desks behind one contract: one folder a desk, found by `connectors.registry`."""
