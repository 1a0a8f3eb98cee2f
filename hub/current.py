"""What belongs to the request that is being answered."""

from flask import current_app

from hub.house import House


def house() -> House:
    """The house of the application."""
    found: House = current_app.extensions["house"]
    return found
