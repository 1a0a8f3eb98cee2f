"""What every answer tells a browser, whatever it is the answer to; a page may say it narrower."""

from flask import Response, request

from hub.current import house

# An answer that is no page loads nothing, runs nothing and stands in nobody's frame.
EVERYWHERE = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none';"
    " form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
SECURE = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def add(answer: Response) -> Response:
    """Adds them where a view did not; over https only where the hub is reached by it."""
    https = house().settings.public_url.startswith("https://")
    for name, value in (EVERYWHERE | (SECURE if https else {})).items():
        answer.headers.setdefault(name, value)
    if request.path.startswith("/v1/"):
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer
