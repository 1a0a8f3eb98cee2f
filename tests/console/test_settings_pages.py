"""Sources, subscribers, API keys, people and the audit log, as an admin uses them."""

import csv
import html
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from hub import admin as administration
from hub.console.audit import cell
from hub.pipeline.publish import publish
from hub.store import audit, publications
from tests.console.office import Browser, Office
from webhooks import signing

HOOK = "http://127.0.0.1:9999/hook"
STARTED = (
    b'{"type": "conversation.started", "timestamp": "2026-11-22T09:42:00Z",'
    b' "data": {"conversation": {"id": "chat-1"}}}'
)


def follow(browser: Browser, path: str, token_from: str, **form: str) -> TestResponse:
    """Send a form and open the page that it leads to."""
    answer = browser.post(path, token_from=token_from, **form)
    assert answer.status_code == 303, answer.text
    return browser.get(answer.location)


def shown(text: str, id: str) -> str:
    """The value that a page shows this once."""
    found = re.search(rf'id="{id}" value="([^"]*)"', text)
    assert found is not None, text
    return found[1].replace("&#43;", "+")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sources/%00", 404),
        ("/people/x%00y", 404),
        ("/subscribers/x/deliveries/%00", 404),
        ("/subscribers?after=%00", 400),
        ("/audit?after=%00", 400),
        ("/audit?about=%00&who=%00", 200),
        ("/join/%00", 404),
    ],
)
def test_an_address_that_no_row_can_have_is_no_fault(
    admin: Browser, path: str, status: int
) -> None:
    assert admin.get(path).status_code == status


# Subscribers


def answered(status: int, error: str) -> dict[str, Any]:
    """An attempt that failed, as its delivery keeps it."""
    at = "2026-11-22T09:41:07.250Z"
    return {"at": at, "status": status, "error": error, "milliseconds": 12}


@pytest.fixture
def subscriber(office: Office) -> str:
    """An endpoint with six deliveries, the first tried again, the second given up."""
    made = administration.add_subscriber(office.house, office.workspace, HOOK)
    with office.house.store.transaction() as tx:
        for n in range(6):
            publish(tx, office.workspace, "ticket.created", {"number": n, "text": "<b>Hi</b>"})
    with office.house.store.transaction() as tx:
        first, second, *_ = tx.all("select * from deliveries order by id")
        publications.failed(tx, first, answered(503, "503: try later"), again=timedelta(minutes=5))
        publications.failed(tx, second, answered(500, "500: broken"), again=None)
    return made["id"]


def test_an_endpoint_is_added_and_its_secret_shown_once(admin: Browser, office: Office) -> None:
    form = {"url": HOOK, "which": "some", "events": "ticket.created"}
    answer = admin.post("/subscribers/new", token_from="/subscribers/new", **form)
    secret = shown(answer.text, "secret")
    assert answer.headers["Cache-Control"] == "no-store"
    signing.decode_secret(secret)
    row = office.row("select * from subscribers")
    assert (row["url"], row["events"]) == (HOOK, ["ticket.created"])
    for path in ("/subscribers", f"/subscribers/{row['id']}"):
        assert secret not in admin.get(path).text


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"url": "http://169.254.169.254/", "which": "all"}, "We cannot call it"),
        ({"url": HOOK, "which": "some"}, "Choose from"),
        ({"url": HOOK, "which": "some", "events": "no.such"}, "Choose from"),
    ],
)
def test_an_endpoint_that_will_not_do_is_refused_beside_its_field(
    admin: Browser, office: Office, form: dict[str, str], told: str
) -> None:
    answer = admin.post("/subscribers/new", token_from="/subscribers/new", **form)
    assert answer.status_code == 422 and told in answer.text
    assert office.row("select count(*) as n from subscribers")["n"] == 0


def test_the_list_tells_each_endpoints_health(viewer: Browser, subscriber: str) -> None:
    text = viewer.get("/subscribers").text
    assert HOOK.removesuffix("hook") in text and "Failing" in text
    assert "<strong>1 failed</strong>" in text and "1 tried again" in text


@pytest.mark.parametrize(
    ("show", "count"), [("all", 6), ("failed", 1), ("pending", 5), ("delivered", 0)]
)
def test_deliveries_are_listed_by_state(
    viewer: Browser, subscriber: str, show: str, count: int
) -> None:
    text = viewer.get(f"/subscribers/{subscriber}?show={show}").text
    assert text.count('<tr id="dlv_') == count


def test_an_endpoints_path_is_for_admins(
    admin: Browser, viewer: Browser, subscriber: str, office: Office
) -> None:
    row = office.row("select id from deliveries limit 1")
    here = f"/subscribers/{subscriber}"
    for path in ("/subscribers", here, f"{here}/deliveries/{row['id']}"):
        assert HOOK in admin.get(path).text
        assert HOOK not in viewer.get(path).text
        assert HOOK.removesuffix("hook") + "…" in viewer.get(path).text


def test_deliveries_are_read_page_by_page(viewer: Browser, subscriber: str, office: Office) -> None:
    with office.house.store.transaction() as tx:
        for n in range(50):
            publish(tx, office.workspace, "ticket.closed", {"number": n})
    first = viewer.get(f"/subscribers/{subscriber}").text
    assert first.count('<tr id="dlv_') == 50
    link = re.search(r'id="page-next"[^>]* href="([^"]*)"', first)
    assert link is not None
    assert viewer.get(link[1].replace("&amp;", "&")).text.count('<tr id="dlv_') == 6


def test_a_delivery_shows_what_was_sent_and_what_came_back(
    viewer: Browser, subscriber: str, office: Office
) -> None:
    row = office.row("select id, event_id from deliveries where state = 'failed'")
    text = viewer.get(f"/subscribers/{subscriber}/deliveries/{row['id']}").text
    assert "500: broken" in text and row["event_id"] in text
    assert "&lt;b&gt;Hi&lt;/b&gt;" in text and "<b>Hi" not in text


def test_the_chosen_deliveries_are_sent_again(
    admin: Browser, subscriber: str, office: Office
) -> None:
    path = f"/subscribers/{subscriber}"
    row = office.row("select id from deliveries where state = 'failed'")
    page = follow(admin, f"{path}/replay", path, delivery=row["id"])
    assert "1 is sent again" in page.text
    now = office.row("select state, tries from deliveries where id = :id", id=row["id"])
    assert (now["state"], now["tries"]) == ("pending", 0)
    assert "Choose what" in follow(admin, f"{path}/replay", path).text


def test_a_test_event_goes_to_this_endpoint_alone(
    admin: Browser, subscriber: str, office: Office
) -> None:
    other = administration.add_subscriber(office.house, office.workspace, HOOK, ["ticket.created"])
    page = follow(admin, f"/subscribers/{other['id']}/test", "/subscribers")
    assert "subscriber.test" in page.text
    rows = office.row(
        "select count(*) as n, max(subscriber_id) as whose from deliveries d"
        " join events e on e.id = d.event_id where e.type = 'subscriber.test'"
    )
    assert (rows["n"], rows["whose"]) == (1, other["id"])


def test_a_disabled_endpoint_is_told_nothing_until_it_is_activated(
    admin: Browser, subscriber: str, office: Office
) -> None:
    path = f"/subscribers/{subscriber}"
    assert "Switched off by a person" in follow(admin, f"{path}/state/disabled", path).text
    assert "activate it first" in follow(admin, f"{path}/test", path).text
    follow(admin, f"{path}/state/active", path)
    assert office.row("select state from subscribers")["state"] == "active"


def test_a_rotated_secret_overlaps_as_long_as_was_chosen(
    admin: Browser, subscriber: str, office: Office
) -> None:
    path = f"/subscribers/{subscriber}"
    answer = admin.post(f"{path}/rotate", token_from=path, overlap="1")
    signing.decode_secret(shown(answer.text, "secret"))
    row = office.row("select previous_until - now() as left from subscribers")
    assert timedelta(minutes=55) < row["left"] <= timedelta(hours=1)


def test_an_endpoint_is_changed_and_removed(
    admin: Browser, subscriber: str, office: Office
) -> None:
    path = f"/subscribers/{subscriber}"
    form = {"url": f"{HOOK}/2", "which": "some", "events": "ticket.closed"}
    assert "Saved." in follow(admin, path, path, **form).text
    row = office.row("select url, events from subscribers")
    assert (row["url"], row["events"]) == (f"{HOOK}/2", ["ticket.closed"])
    assert "The subscriber is removed" in follow(admin, f"{path}/remove", path).text
    assert admin.get(path).status_code == 404


# Sources


def test_a_source_is_added_with_its_secret_and_a_request_to_paste(
    admin: Browser, office: Office
) -> None:
    form = {"name": "Website bot", "dialect": "standard"}
    answer = admin.post("/sources/new", token_from="/sources/new", **form)
    secret, row = shown(answer.text, "secret"), office.row("select * from sources")
    assert f"SOURCE_URL={shown(answer.text, 'url')}" in answer.text
    assert answer.text.count(secret) == 2
    assert secret not in admin.get(f"/sources/{row['id']}").text
    taken = admin.post("/sources/new", token_from="/sources/new", **form)
    assert taken.status_code == 422 and "is taken" in taken.text


def test_a_platforms_own_secret_is_taken_and_a_short_one_refused(
    admin: Browser, office: Office
) -> None:
    form = {"name": "bot", "dialect": "bookbag", "secret": "it's; a secret $(of theirs) 0123456789"}
    answer = admin.post("/sources/new", token_from="/sources/new", **form)
    assert answer.status_code == 200  # and it is quoted for the shell
    assert "&#39;it&#39;&#34;&#39;&#34;&#39;s; a secret" in answer.text
    form = {"name": "bot 2", "dialect": "standard", "secret": "short"}
    assert admin.post("/sources/new", token_from="/sources/new", **form).status_code == 422


def test_a_source_is_changed(admin: Browser, office: Office) -> None:
    path = f"/sources/{office.source['id']}"
    words = "de: Ich hole einen Menschen.\nA colleague is coming: one moment."
    form = {"name": "Bot", "rate": "600", "handoff_message": words}
    text = follow(admin, path, path, **form).text
    assert "de: Ich hole einen Menschen." in text
    row = office.row("select * from sources")
    assert (row["name"], row["rate"]) == ("Bot", 600)
    told = {"de": "Ich hole einen Menschen.", "default": "A colleague is coming: one moment."}
    assert row["handoff_message"] == told
    wrong = admin.post(path, token_from=path, **form | {"rate": "0"})
    assert wrong.status_code == 422 and "above 0" in wrong.text


def test_a_paused_source_is_told_to_send_again_and_nothing_is_kept(
    app: Flask, admin: Browser, office: Office
) -> None:
    made = administration.add_source(office.house, office.workspace, "b", "standard")
    path, body = f"/sources/{made['id']}", STARTED

    def post() -> TestResponse:
        now = int(office.house.store.now().timestamp())
        headers = signing.headers([made["secret"]], "evt-1", now, body)
        return app.test_client().post(f"/webhooks{path}", data=body, headers=headers)

    assert "Paused" in follow(admin, f"{path}/state/paused", path).text
    answer = post()
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "300"
    unsigned = app.test_client().post(f"/webhooks{path}", data=body)
    assert unsigned.status_code == 401  # whether it is paused is nobody else's business
    assert office.row("select count(*) as n from events")["n"] == 0
    follow(admin, f"{path}/state/active", path)
    assert post().status_code == 202


def test_a_sources_secret_before_counts_until_its_time_or_until_it_is_ended(
    admin: Browser, office: Office
) -> None:
    path = f"/sources/{office.source['id']}"
    answer = admin.post(f"{path}/rotate", token_from=path, overlap="168")
    signing.decode_secret(shown(answer.text, "secret"))
    assert "The secret before counts" in admin.get(path).text
    row = office.row("select previous_until - now() as left from sources")
    assert timedelta(days=6, hours=23) < row["left"] <= timedelta(days=7)
    assert "Only the newest secret counts" in follow(admin, f"{path}/end-previous", path).text
    assert office.row("select previous_secret from sources")["previous_secret"] is None
    admin.post(f"{path}/rotate", token_from=path, overlap="0")
    assert office.row("select previous_secret from sources")["previous_secret"] is None


def test_a_secret_whose_time_is_over_signs_nothing(app: Flask, office: Office) -> None:
    made = administration.add_source(office.house, office.workspace, "b", "standard")
    administration.rotate_source(
        office.house, office.workspace, made["id"], overlap=timedelta(hours=1)
    )

    def status() -> int:
        now = int(office.house.store.now().timestamp())
        headers = signing.headers([made["secret"]], "evt-1", now, STARTED)
        path = f"/webhooks/sources/{made['id']}"
        return app.test_client().post(path, data=STARTED, headers=headers).status_code

    assert status() == 202
    moment = office.house.store.now() + timedelta(minutes=61)
    office.house.store.now = lambda: moment  # type: ignore[method-assign]
    assert status() == 401


def test_a_source_with_conversations_stays(admin: Browser, office: Office) -> None:
    office.chat("chat-1")
    path = f"/sources/{office.source['id']}"
    assert "It has conversations" in follow(admin, f"{path}/remove", path).text
    other = administration.add_source(office.house, office.workspace, "b", "standard")["id"]
    assert "is removed" in follow(admin, f"/sources/{other}/remove", path).text


# API keys


def test_a_key_is_shown_once_works_and_is_revoked(
    app: Flask, admin: Browser, office: Office
) -> None:
    form = {"name": "Website bot", "role": "viewer", "expires": "30"}
    answer = admin.post("/keys", token_from="/keys", **form)
    key = shown(answer.text, "key")
    headers = {"Authorization": f"Bearer {key}"}
    assert app.test_client().get("/v1/escalations", headers=headers).status_code == 200
    row = office.row("select * from keys")
    assert timedelta(days=29) < row["expires_at"] - row["created_at"] <= timedelta(days=30)
    text = admin.get("/keys").text
    assert key not in text and f"{key[:12]}…" in text
    assert "Last use: </span><time" in text
    follow(admin, f"/keys/{row['id']}/revoke", "/keys")
    assert app.test_client().get("/v1/escalations", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"name": "k", "role": "owner", "expires": ""}, 403),  # more than an admin has
        ({"name": " ", "role": "agent", "expires": ""}, 422),
        ({"name": "k", "role": "king", "expires": ""}, 422),
        ({"name": "k", "role": "agent", "expires": "9999"}, 422),
    ],
)
def test_a_wrong_key_is_not_made(
    admin: Browser, office: Office, form: dict[str, str], status: int
) -> None:
    assert admin.post("/keys", token_from="/keys", **form).status_code == status
    assert office.row("select count(*) as n from keys")["n"] == 0


def test_an_admin_revokes_no_owners_key(admin: Browser, office: Office) -> None:
    with office.house.store.transaction() as tx:
        key = administration.create_key(tx, office.workspace, "k", "owner")["id"]
    assert admin.post(f"/keys/{key}/revoke", token_from="/keys").status_code == 403


# People


def test_an_admin_touches_no_owner_and_makes_none(admin: Browser, office: Office) -> None:
    owner = office.hire("owner@example.com", "owner")
    for path, form in (
        (f"/people/{owner}", {"name": "Me", "role": "agent"}),
        (f"/people/{owner}/link", {}),
        (f"/people/{owner}/state/deactivated", {}),
        (f"/people/{owner}/remove", {}),
        ("/people", {"email": "new@example.com", "role": "owner"}),
    ):
        assert admin.post(path, token_from="/people", **form).status_code == 403, path
    assert "Deactivate" not in admin.get(f"/people/{owner}").text


def test_the_last_owner_stays_an_owner_and_nobody_shuts_themselves_out(
    app: Flask, office: Office
) -> None:
    first, second = office.hire("one@example.com", "owner"), office.hire("two@example.com", "owner")
    one = Browser.signed_in(app, "one@example.com")
    follow(one, f"/people/{second}/state/deactivated", "/people")
    for path, form, told in (
        (f"/people/{first}", {"name": "One", "role": "admin"}, "The last owner stays"),
        (f"/people/{first}/state/deactivated", {}, "You cannot shut yourself out"),
        (f"/people/{first}/remove", {}, "You cannot remove yourself"),
    ):
        assert told in follow(one, path, "/people", **form).text
    assert office.row("select role from users where id = :id", id=first)["role"] == "owner"


def test_an_email_is_taken_once(admin: Browser, office: Office) -> None:
    form = {"email": "Admin@example.com", "role": "agent"}
    answer = admin.post("/people", token_from="/people", **form)
    assert answer.status_code == 422 and "is taken" in answer.text


# The audit log


@pytest.fixture
def lines(office: Office) -> None:
    """Three lines, one of which would be a formula."""
    with office.house.store.transaction() as tx:
        audit.record(tx, office.workspace, "key.created", '=HYPERLINK("http://evil")',
                     actor="user:ada@example.com", subject_id="key_1")  # fmt: skip
        audit.record(tx, office.workspace, "ticket.created", actor="hub", escalation_id="esc_1")
        audit.record(tx, office.workspace, "user.added", "x", actor="key:Website bot")
        tx.finish()
        tx.run("update audit set at = '2026-01-02T12:00:00Z' where what = 'key.created'")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("who=ada@example.com", ["key.created"]),
        ("who=Website bot", ["user.added"]),
        ("who=hub&what=ticket", ["ticket.created"]),
        ("what=key", ["key.created"]),
        ("about=key_1", ["key.created"]),
        ("about=esc_1", ["ticket.created"]),
        ("since=2026-01-02&until=2026-01-02", ["key.created"]),
        ("until=2026-01-01", []),
        ("who=nobody", []),
    ],
)
def test_the_log_is_filtered_and_exported_alike(
    admin: Browser, lines: None, query: str, found: list[str]
) -> None:
    text = admin.get(f"/audit?{query}").text
    assert re.findall(r"<code>([\w.]+)</code><?", text) == found
    exported = csv.DictReader(io.StringIO(admin.get(f"/audit.csv?{query}").text))
    assert [row["what"] for row in exported] == found


def test_a_day_that_is_none_is_refused(admin: Browser) -> None:
    assert "Write a day" in admin.get("/audit?since=yesterday").text
    assert admin.get("/audit.csv?since=yesterday").status_code == 400


@pytest.mark.parametrize("day", ["until=9999-12-31", "since=0001-01-01&until=9999-12-31"])
def test_the_last_day_of_the_calendar_is_refused(admin: Browser, day: str) -> None:
    answer = admin.get(f"/audit?{day}")
    assert answer.status_code == 200 and 'id="until-wrong"' in answer.text
    assert admin.get(f"/audit.csv?{day}").status_code == 400


def test_the_export_holds_every_line_and_no_formula(
    admin: Browser, office: Office, lines: None
) -> None:
    with office.house.store.transaction() as tx:
        for n in range(1100):
            audit.record(tx, office.workspace, "user.changed", f"+{n}")
    answer = admin.get("/audit.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == office.row("select count(*) as n from audit")["n"]
    assert len({row["id"] for row in rows}) == len(rows)
    assert not [row for row in rows for text in row.values() if text.startswith(("=", "+"))]
    assert rows[0]["what"] == "audit.exported"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_a_spreadsheet_would_compute_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert cell(f"x{text}") == f"x{text}"


def test_the_log_is_read_page_by_page_with_its_filters(admin: Browser, office: Office) -> None:
    with office.house.store.transaction() as tx:
        for n in range(60):
            audit.record(tx, office.workspace, "source.changed", str(n))
    first = admin.get("/audit?what=source").text
    link = re.search(r'id="page-next"[^>]* href="([^"]*)"', first)
    assert link is not None
    second = admin.get(link[1].replace("&amp;", "&")).text
    ids = [re.findall(r'<tr id="(aud_\w+)"', text) for text in (first, second)]
    assert [len(one) for one in ids] == [50, 10] and not set(ids[0]) & set(ids[1])


# Single dialects: how JSON is read, where a platform is answered
CHATWOOT = {
    "name": "Chatwoot", "dialect": "chatwoot", "callback_url": "https://93.184.216.34",
    "callback_token": "bot-token",
}  # fmt: skip


def test_chatwoot_is_added_with_its_way_back_and_the_steps_there(
    admin: Browser, office: Office
) -> None:
    text = admin.post("/sources/new", token_from="/sources/new", **CHATWOOT).text
    assert "Conversation Status Changed" in text and "bot-token" not in text
    source = office.row("select id from sources where dialect = 'chatwoot'")["id"]
    page = f"/sources/{source}"
    text = admin.get(page).text
    assert "https://93.184.216.34" in text and "bot-token" not in text
    line = office.row("select id, url from subscribers where source_id = :id", id=source)
    assert "Change them at the source" in admin.get(f"/subscribers/{line['id']}").text
    text = follow(admin, f"{page}/callback", page, callback_url="https://93.184.216.35",
                  callback_token="another").text  # fmt: skip
    assert "is answered there from now on" in text and "https://93.184.216.35" in text
    assert "is not answered any more" in follow(admin, f"{page}/callback/end", page).text
    assert office.row("select count(*) as n from subscribers")["n"] == 0


def test_what_is_wrong_with_a_way_back_stands_beside_it(admin: Browser, office: Office) -> None:
    inside = CHATWOOT | {"callback_url": "http://10.0.0.1", "callback_token": "x"}
    answer = admin.post("/sources/new", token_from="/sources/new", **inside)
    assert answer.status_code == 422 and "callback_url-wrong" in answer.text
    tokenless = CHATWOOT | {"callback_token": ""}
    answer = admin.post("/sources/new", token_from="/sources/new", **tokenless)
    assert answer.status_code == 422 and "callback_token-wrong" in answer.text
    assert office.row("select count(*) as n from sources")["n"] == 0


def test_a_platforms_json_is_mapped_tried_and_changed(admin: Browser, office: Office) -> None:
    text = admin.get("/sources/new").text
    example = {name: filled(text, name) for name in ("options", "body")}
    form = {"name": "Acme", "dialect": "json", "secret": "s" * 32} | example
    tried = admin.post("/sources/preview", token_from="/sources/new", **form).text
    assert "Wo ist mein Paket?" in tried[tried.index('id="becomes"') :]
    assert office.row("select count(*) as n from sources")["n"] == 0
    assert admin.post("/sources/new", token_from="/sources/new", **form).status_code == 200
    row = office.row("select id, options from sources")
    assert row["options"]["signature"]["header"] == "X-Acme-Signature"
    page = f"/sources/{row['id']}"
    other = example["options"].replace("X-Acme-Signature", "X-Other")
    assert "Saved" in follow(admin, page, page, options=other).text
    assert office.row("select options from sources")["options"]["signature"]["header"] == "X-Other"
    assert office.row("select name from sources")["name"] == "Acme"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ('{"type": ', "This is not JSON"),
        ("[1]", "It must be an object"),
        ("[" * 100_000, "too deep"),
        ('{"fields": {"conversation.id": "x"}}', "<code>signature</code>"),
    ],
)
def test_a_mapping_of_json_that_does_not_hold_says_where(
    admin: Browser, options: str, told: str
) -> None:
    form = {"name": "Acme", "dialect": "json", "options": options}
    answer = admin.post("/sources/new", token_from="/sources/new", **form)
    assert answer.status_code == 422 and told in answer.text


# Ranges of events once more
def test_a_range_is_sent_again_followed_and_stopped(admin: Browser, office: Office) -> None:
    subscriber = administration.add_subscriber(office.house, office.workspace, HOOK)["id"]
    office.escalate("chat-1")
    page = f"/subscribers/{subscriber}"
    form = {"which": "all", "since": "2020-01-01T00:00"}
    text = follow(admin, f"{page}/replays", page, **form).text
    assert "everything that does not wait already" in text and "Running" in text
    replay = office.row("select id from replays")["id"]
    assert "under way" in follow(admin, f"{page}/replays", page, **form).text
    text = follow(admin, f"{page}/replays/{replay}/stop", page).text
    assert "Stopped" in text and office.row("select state from replays")["state"] == "stopped"


@pytest.mark.parametrize("form", [{"which": "all"}, {"which": "all", "since": "soon"},
                                  {"which": "x", "since": "2020-01-01T00:00"}])  # fmt: skip
def test_a_range_without_a_beginning_is_refused_beside_its_field(
    admin: Browser, office: Office, form: dict[str, str]
) -> None:
    subscriber = administration.add_subscriber(office.house, office.workspace, HOOK)["id"]
    page = f"/subscribers/{subscriber}"
    answer = admin.post(f"{page}/replays", token_from=page, **form)
    assert answer.status_code == 422 and 'class="wrong"' in answer.text
    assert office.row("select count(*) as n from replays")["n"] == 0


def test_a_mistake_in_one_form_of_an_endpoint_leaves_the_other_as_it_was(
    admin: Browser, office: Office
) -> None:
    subscriber = administration.add_subscriber(
        office.house, office.workspace, HOOK, ["ticket.created"]
    )["id"]
    page = f"/subscribers/{subscriber}"
    some = r'name="which" value="some" checked'
    text = admin.post(f"{page}/replays", token_from=page, which="all", since="soon").text
    assert re.search(some, text) and 'value="ticket.created" checked' in text
    assert '<option value="all" selected>' in text and 'value="soon"' in text
    text = admin.post(
        page, token_from=page, url="ftp://x", which="some", events="ticket.closed"
    ).text
    assert re.search(some, text) and 'value="ticket.closed" checked' in text
    assert '<option value="failed" selected>' in text


def test_a_page_that_answers_a_form_refreshes_itself_at_an_address_of_its_own(
    admin: Browser, office: Office
) -> None:
    subscriber = administration.add_subscriber(office.house, office.workspace, HOOK)["id"]
    for page, form in (
        (f"/connections/{office.connect()}", "settings"),
        (f"/subscribers/{subscriber}", "replays"),
    ):
        answer = admin.post(f"{page}/{form}", token_from=page)
        address = re.search(r'id="live" data-fresh="([^"]+)"', answer.text)
        assert answer.status_code == 422 and address is not None
        assert admin.get(html.unescape(address[1]), **{"X-Part": "live"}).status_code == 200
    listed = admin.get(f"/subscribers/{subscriber}?show=failed&after=dlv_1").text
    assert f'data-fresh="/subscribers/{subscriber}?show=failed&amp;after=dlv_1"' in listed


def filled(text: str, name: str) -> str:
    """What stands in a text of many lines."""
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>([^<]*)</textarea>', text)
    assert found is not None, name
    return html.unescape(found[1])


def test_a_form_with_what_nobody_can_store_is_refused(admin: Browser, office: Office) -> None:
    office.chat("chat-1")
    for path, form in (
        ("/privacy/erasures", {"email": "a\0b", "conversations": "1"}),
        ("/canned-texts", {"id": "\0", "name": "Hello", "text": "Hello"}),
        ("/conversations/chat-1/resume", {"words": "Ask\0 for it."}),
    ):
        assert admin.post(path, **form).status_code == 400, path
