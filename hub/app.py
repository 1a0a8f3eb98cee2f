"""The web process: intake, REST API, console, health. One factory, one blueprint a noun."""

from flask import Flask

from hub import api, console, current, headers, proxies
from hub.api import files, health, intake
from hub.house import House


def create_app(house: House) -> Flask:
    """The Flask application of a house."""
    return serve(routed(), house)


def routed() -> Flask:
    """An application with the routes and pages, without a house behind them."""
    app = Flask(__name__, static_folder=None)
    app.config["SESSION_COOKIE_NAME"] = "hub_session"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.url_map.strict_slashes = False
    own = (intake.blueprint, health.blueprint, files.blueprint)
    for blueprint in (*own, *api.blueprints(), *console.blueprints()):
        app.register_blueprint(blueprint)
    app.after_request(headers.add)
    return app


def serve(app: Flask, house: House) -> Flask:
    """Put a house behind an application that has none yet; the application."""
    app.extensions["house"] = house
    app.config["SESSION_COOKIE_SECURE"] = house.settings.public_url.startswith("https://")
    app.secret_key = house.settings.secret_key.get_secret_value()
    app.wsgi_app = proxies.Behind(app.wsgi_app, house.settings.trusted_proxies)  # type: ignore[method-assign]
    house.store.tenant = current.workspace
    return app
