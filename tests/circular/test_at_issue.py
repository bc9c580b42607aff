"""R4 and R9-R11: issuing, notifying, what counts and by when."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from clearance.clock import format_moment, system_clock

ROOT = Path(__file__).parents[2]


def test_r4_the_assigners_account_is_notified_on_issue(
    branch: Any, known: Any, eventually: Any
) -> None:
    request = known()
    number = branch.issue(request)
    assigner, contractor = (
        request[party]["workshop_number"] for party in ("work_assigner", "contractor")
    )

    def delivered() -> Any:
        (notice,) = branch.get(f"/v1/workshops/{assigner}/notices")["notices"]
        return notice if notice["delivered_at"] else None

    notice = eventually(delivered)
    assert (notice["number"], notice["account_id"]) == (number, f"account-{assigner}")
    assert notice["first_viewed_at"] is None
    assert branch.get(f"/v1/workshops/{contractor}/notices")["notices"] == []

    viewed = branch.ask("POST", f"/v1/notices/{notice['id']}/views", json={"viewer": "user-1"})
    again = branch.ask("POST", f"/v1/notices/{notice['id']}/views", json={"viewer": "user-2"})
    assert viewed.status_code == again.status_code == 200
    (told,) = branch.get(f"/v1/clearances/{number}/notices")["notices"]
    assert told["first_viewed_at"] == viewed.json()["first_viewed_at"] is not None


def test_r9_the_register_is_the_one_channel(branch: Any, known: Any, running_service: Any) -> None:
    request = known()
    old = branch.issue(request)
    document = branch.ask("GET", f"/v1/clearances/{old}/document").content
    assert running_service.verify(document)["outcome"] == "authentic"

    replacing = request | {"replaces": old}
    in_force = branch.failures(replacing)["replaced_in_force"]
    assert (in_force["requirement"], in_force["parameters"]) == ("R9", {"number": old})

    branch.revoke(old)
    new = branch.issue(replacing)

    standing = branch.get(f"/v1/clearances/{old}")["standing"]
    assert (standing["state"], standing["replacement"]) == ("replaced", new)
    assert branch.get(f"/v1/clearances/{new}")["certificate"]["replaces"] == old
    assert running_service.verify(document)["outcome"] == "withdrawn"
    assert branch.failures(replacing)["replaced_already"]["parameters"]["other"] == new


def test_r10_what_is_outside_the_channel_is_void(
    branch: Any, known: Any, running_service: Any
) -> None:
    request = known("interim", kind="final")
    number = branch.issue(request)
    document = branch.ask("GET", f"/v1/clearances/{number}/document").content
    foreign = (ROOT / "templates" / "static" / "emblem.svg").read_bytes()
    assert running_service.verify(document + b"\n")["outcome"] == "altered"
    assert running_service.verify(b"%PDF-1.7\n" + foreign)["outcome"] in {
        "outside_channel",
        "unreadable",
    }

    second = branch.failures(request)["final_second"]
    assert (second["requirement"], second["parameters"]) == ("R10", {"number": number})
    interim = branch.failures(request | {"kind": "interim"})["interim_after_final"]
    assert (interim["requirement"], interim["parameters"]) == ("R10", {"number": number})


def test_r11_one_day_after_collection(branch: Any) -> None:
    request = branch.request()
    moment = system_clock() - timedelta(days=3)
    for receipt in request["premium"]["receipts"]:
        receipt["collected_at"] = format_moment(moment.replace(microsecond=0))
    entries = branch.entries(request)
    branch.put("branches", entries.branch.code, entries.branch)
    for workshop in entries.workshops:
        branch.put_workshop(workshop)
    branch.put_row(entries)
    branch.review(entries)

    missing = branch.failures(request)
    assert [(code, each["requirement"]) for code, each in missing.items()] == [
        ("collection_missing", "R11")
    ]

    # The clock starts with the collection, before any request; three days are too late.
    branch.collect(entries)
    less = request | {"premium": {**request["premium"], "sum_of_debits": 6_572_222_000}}
    less["premium"]["premium_due"] = 1
    assert list(branch.failures(less)) == ["collection_differs"]
    number = branch.issue(request)

    clock = branch.get(f"/v1/collections/{entries.collection.id}")
    assert (clock["number"], clock["in_time"]) == (number, False)
    code = entries.branch.code
    breaches = branch.get(f"/v1/breaches?branch={code}", who="province")["breaches"]
    (breach,) = [each for each in breaches if each["collection"] == entries.collection.id]
    assert (breach["state"], breach["number"]) == ("closed", number)
    assert branch.get(f"/v1/breaches?branch={code}", who="elsewhere")["breaches"] == []
