"""The pages of customers' data: found, shown, taken along, erased, and kept for so long."""

import json

from hub import worker
from hub.jobs import Job
from tests.console.office import Browser, Office

WHO = {"email": "ada@example.com"}  # the office's customer


def test_an_admin_looks_at_a_customer_takes_the_data_along_and_erases_them(
    admin: Browser, office: Office
) -> None:
    chat = office.chat("chat-1", "My parcel is lost.")
    shown = admin.post("/privacy/customer", token_from="/privacy", **WHO)
    assert "What the hub holds" in shown.text and "ada@example.com" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert "ada@example.com" in admin.get(f"/privacy/customer/{chat}").text

    file = admin.post("/privacy/export", token_from="/privacy", **WHO)
    assert file.headers["Content-Disposition"] == 'attachment; filename="customer.json"'
    (taken,) = json.loads(file.text)["conversations"]
    assert taken["messages"][0]["text"] == "My parcel is lost."

    stale = admin.post("/privacy/erasures", token_from="/privacy", **WHO, conversations="7")
    assert stale.status_code == 422 and "Nothing was erased" in stale.text
    begun = admin.post("/privacy/erasures", token_from="/privacy", **WHO, conversations="1")
    assert begun.status_code == 303
    path = begun.headers["Location"]
    assert "0 of 1 conversation" in admin.get(path).text
    worker.run(office.house, Job("erase", path.rpartition("/")[2]))
    done = admin.get(path).text
    assert "1 of 1 conversation" in done and "Done" in done
    report = json.loads(admin.get(f"{path}/report.json").text)
    assert report["state"] == "done" and report["remains"]["sources"][0]["conversations"] == 1
    assert "ada@example.com" not in done + json.dumps(report)
    assert "My parcel" not in admin.get(f"/conversations/{chat}").text
    assert admin.get(f"/privacy/customer/{chat}").status_code == 404
    assert "Deleted customer" in admin.get("/").text + admin.get("/?show=ended").text


def test_a_workspace_says_how_long_its_data_is_kept(admin: Browser, office: Office) -> None:
    asked = "select transcript_days, payload_days from workspaces where id = :id"
    assert tuple(office.row(asked, id=office.workspace).values()) == (365, None)
    wrong = admin.post("/privacy", token_from="/privacy", transcript_days="6", payload_days="x")
    assert wrong.status_code == 422 and wrong.text.count('class="wrong"') == 2
    admin.post("/privacy", token_from="/privacy", transcript_days="", payload_days="14")
    assert tuple(office.row(asked, id=office.workspace).values()) == (None, 14)


OLD = """
insert into conversations (id, workspace_id, source_id, external_id, requester, started_at,
    last_message_at)
values (:id, :workspace, :source, :id, '{}', now() - interval '50 days', now() - interval '40 days')
"""


def test_what_a_shorter_time_deletes_is_told_before(admin: Browser, office: Office) -> None:
    with office.house.store.transaction() as tx:
        for one in ("cnv_01", "cnv_02"):
            tx.run(OLD, id=one, workspace=office.workspace, source=office.source["id"])
    kept = "select transcript_days from workspaces where id = :id"
    for days, told in (("41", None), ("30", "2 conversations"), ("x", None)):
        answer = admin.post("/privacy", token_from="/privacy", transcript_days=days)
        assert told is None or ("Nothing is saved yet" in answer.text and told in answer.text)
    assert office.row(kept, id=office.workspace) == {"transcript_days": 41}
    fewer = admin.post("/privacy", token_from="/privacy", transcript_days="30", goes="1")
    assert fewer.status_code == 422 and 'name="goes" value="2"' in fewer.text
    admin.post("/privacy", token_from="/privacy", transcript_days="30", goes="2")
    assert office.row(kept, id=office.workspace) == {"transcript_days": 30}
    admin.post("/privacy", token_from="/privacy", transcript_days="35")  # longer: nothing to ask
    assert office.row(kept, id=office.workspace) == {"transcript_days": 35}


def test_nobody_is_looked_for_by_nothing_or_by_a_few_digits(admin: Browser) -> None:
    for form, told in (({}, "Give at least one."), ({"phone": "12-34"}, "At least 6 digits.")):
        answer = admin.post("/privacy/customer", token_from="/privacy", **form)
        assert answer.status_code == 422 and told in answer.text


def test_another_workspaces_customer_is_not_found(
    admin: Browser, office: Office, strangers: Office
) -> None:
    theirs = strangers.chat("chat-1")
    answer = admin.post("/privacy/customer", token_from="/privacy", **WHO)
    assert "The hub holds nothing of this customer" in answer.text
    assert admin.get(f"/privacy/customer/{theirs}").status_code == 404
    assert office.row("select count(*) as n from erasures")["n"] == 0
