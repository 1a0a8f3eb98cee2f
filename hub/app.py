"""The web process: intake, REST API, console, health. One factory, one blueprint a noun."""

from flask import Flask

from hub import api, console, current, headers, proxies
from hub.api import files, health, intake
from hub.house import House


def create_app(house: House) -> Flask:
    """The Flask application of a house."""
    app = Flask(__name__, static_folder=None)
    app.extensions["house"] = house
    house.store.tenant = current.workspace
    app.secret_key = house.settings.secret_key.get_secret_value()
    app.config["SESSION_COOKIE_NAME"] = "hub_session"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_COOKIE_SECURE"] = house.settings.public_url.startswith("https://")
    app.url_map.strict_slashes = False
    own = (intake.blueprint, health.blueprint, files.blueprint)
    for blueprint in (*own, *api.blueprints(), *console.blueprints()):
        app.register_blueprint(blueprint)
    app.after_request(headers.adder(house.settings))
    app.wsgi_app = proxies.Behind(app.wsgi_app, house.settings.trusted_proxies)  # type: ignore[method-assign]
    return app
