"""What lies outside somebody's reach does not exist for them, on any page and endpoint."""

import re
from dataclasses import replace
from http import HTTPStatus

import pytest
from starlette.routing import Route

from api.panel.routers import ROUTERS
from clearance.identifiers import BranchCode
from clearance.roles import Officer, Reach, Role

pytestmark = pytest.mark.integration

OWN, FOREIGN = "8642", "9753"
SUPERVISION = (
    "clearances",
    "timeliness",
    "revocations",
    "trail",
    "rows",
    "undertakings",
    "notices",
    "paper",
)
SHOWS_OWN = {
    "/panel/clearances",
    "/panel/clearances.csv",
    "/panel/clearances/waiting",
    "/panel/clearances/waiting.csv",
    "/panel/clearances/{number}",
    "/panel/clearances/{number}/revoke",
    "/panel/timeliness",
    "/panel/timeliness/open",
    "/panel/timeliness/open.csv",
    "/panel/timeliness/{name}.svg",
    "/panel/timeliness/{name}.csv",
    "/panel/rows",
    "/panel/rows.csv",
    "/panel/rows-by-branch.csv",
    "/panel/rows/{branch}/{row}/{sequence}",
    "/panel/rows/{branch}/{row}/{sequence}/review",
    "/panel/undertakings",
    "/panel/undertakings.csv",
    "/panel/revocations",
    "/panel/revocations/{number}/{id_}",
    "/panel/notices",
    "/panel/notices.csv",
    "/panel/notices/resend",
    "/panel/paper",
    "/panel/paper.csv",
    "/panel/paper/minutes/{number}",
    "/panel/paper/forms",
    "/panel/trail",
    "/panel/trail.csv",
}
"""Pages on which the test would prove nothing if what is one's own were missing too."""
DOCUMENTS = {
    "/panel/clearances/{number}/archival.pdf",
    "/panel/clearances/{number}/document.pdf",
    "/panel/paper/minutes/{number}/document.pdf",
}
QUERIES = {
    "/panel/notices": "?state=waiting",
    "/panel/notices.csv": "?state=waiting",
    "/panel/notices/resend": "?notice={notice}",
    "/panel/paper/forms": "?serial={serial}",
}


def _routes(method: str) -> list[str]:
    found = [
        route.path
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, Route)
        and method in route.methods
        and route.path.split("/")[2:3]
        and route.path.split("/")[2].split(".")[0].split("-")[0] in SUPERVISION
    ]
    assert len(found) > 8
    return found


def _path(route: str, there, branch: str) -> str:
    number = there.minutes if "/minutes/" in route else there.number
    parts = {
        "number": number,
        "branch": branch,
        "row": "124",
        "sequence": "01",
        "id_": there.revocation,
        "name": "branches",
        "serial": there.serial,
        "notice": there.notice,
    }
    return (route + QUERIES.get(route, "")).format(**parts)


def _seen(text: str) -> str:
    """Return a page's text in ASCII digits, without tokens and hashes, which hold any digits."""
    text = re.sub("[0-9a-f]{32,}", "", text)
    return text.translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789"))


@pytest.mark.parametrize(
    ("role", "reach"),
    [
        (Role.PROVINCIAL_SUPERVISOR, Reach(province="تهران")),
        (Role.BRANCH_HEAD, Reach(branch=BranchCode(OWN))),
    ],
    ids=["province", "branch"],
)
def test_no_page_shows_another_province(member, provinces, role, reach):
    browser = member(role, reach)
    own, foreign = provinces[OWN], provinces[FOREIGN]
    if role is Role.BRANCH_HEAD:
        allowed = _routes("GET")
    else:
        allowed = [route for route in _routes("GET") if not route.endswith("/review")]
    for route in [*allowed, "/panel"]:
        mine = browser.get(_path(route, own, OWN))
        if route in SHOWS_OWN:
            assert mine.status_code == HTTPStatus.OK, route
            assert OWN in _seen(mine.text), route
        assert FOREIGN not in _seen(mine.text), route
        assert foreign.minutes not in _seen(mine.text), route
        address = _path(route, own, OWN)
        chosen = browser.get(f"{address}{'&' if '?' in address else '?'}branch={FOREIGN}")
        assert FOREIGN not in _seen(chosen.text).replace(f"branch={FOREIGN}", ""), route
        if "{" in route and "/timeliness/" not in route:
            answer = browser.get(_path(route, foreign, FOREIGN))
            assert answer.status_code == HTTPStatus.NOT_FOUND, route
        if route in {"/panel/clearances.csv", "/panel/undertakings.csv"}:
            for word in (foreign.number, f"U-{FOREIGN}", f"001000{FOREIGN}"):
                assert FOREIGN not in _seen(browser.get(f"{route}?q={word}").text), route
    assert set(_routes("GET")) - SHOWS_OWN - DOCUMENTS == set()


def test_no_form_reaches_another_province(member, provinces, sql):
    browser = member(Role.BRANCH_HEAD, Reach(branch=BranchCode(OWN)))
    foreign = provinces[FOREIGN]
    before = sql("SELECT count(*) FROM audit_event")
    given = {
        "reason": "data_corrected",
        "decision": "confirm",
        "row_version": "1",
        "kind": "branch",
        "name": "الف",
        "role": "ب",
        "state-first": str(foreign.serial),
        "state-state": "used",
        "range-branch_code": FOREIGN,
        "range-first": "1",
        "range-last": "2",
        "notice": foreign.notice,
    }
    browser.get("/panel/account")
    token = browser.form_token
    for route in _routes("POST"):
        answer = browser.post(_path(route, foreign, FOREIGN), form_token=token, **given)
        if "{" in route or route == "/panel/notices/resend":
            assert answer.status_code == HTTPStatus.NOT_FOUND, route
        elif route == "/panel/paper/states":
            assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, route
        elif route == "/panel/paper/ranges":
            assert answer.status_code == HTTPStatus.FORBIDDEN, route
        else:
            assert route == "/panel/paper/minutes"
            assert answer.status_code == HTTPStatus.CONFLICT, "its own is drawn up already"
    assert sql("SELECT count(*) FROM audit_event") == before


@pytest.mark.parametrize("reach", [Reach(province="تهران"), Reach(branch=BranchCode(OWN))])
def test_no_endpoint_answers_another_province(browser, supervised_app, provinces, reach):
    role = Role.PROVINCIAL_SUPERVISOR if reach.province else Role.BRANCH_HEAD
    officer = Officer(id="staff-x", name="", role=role, reach=reach)
    caller = replace(browser, app=supervised_app(officer))
    key = {"Authorization": "Bearer key", "Accept": "application/json"}

    counts = caller.get("/v1/supervision/attention", **key).json()
    assert {name: count for name, count in counts.items() if count} == {
        "overdue": 1,
        "stuck": 1,
        "unreviewed": 2,
        "to_confirm": 1,
        "undelivered": 1,
        "paper_steps_late": 4 if reach.province else 1,
    }
    for path in ("/v1/supervision/timeliness", "/v1/supervision/audit"):
        mine = caller.get(path, **key)
        assert mine.status_code == HTTPStatus.OK
        assert OWN in _seen(mine.text)
        for asked in (path, f"{path}?branch={FOREIGN}"):
            answer = caller.get(asked, **key)
            assert answer.status_code == HTTPStatus.OK
            assert FOREIGN not in _seen(answer.text)
    trail = caller.get(f"/v1/supervision/audit?subject={provinces[FOREIGN].number}", **key)
    assert trail.json()["events"] == []


def test_events_of_no_branch_are_for_the_whole_country(supervision, provinces, sql, clock):
    from register.supervision.trail import TrailFilter  # noqa: PLC0415

    sql(
        "INSERT INTO audit_event (at, name, actor, subject, details) "
        "VALUES (now(), 'client.added', 'operator', '8642', '{}')"
    )
    asked = TrailFilter(area="client")

    assert len(supervision.trail(Reach(), asked, limit=9)) == 1
    assert supervision.trail(Reach(province="تهران"), asked, limit=9) == ()
    assert supervision.trail(Reach(branch=BranchCode(OWN)), asked, limit=9) == ()


def test_who_may_not_supervise_sees_no_page_of_it(member, provinces):
    browser = member(Role.ADMINISTRATOR, Reach())
    for route in _routes("GET"):
        if route.startswith("/panel/trail"):
            continue
        answer = browser.get(_path(route, provinces[OWN], OWN))
        assert answer.status_code == HTTPStatus.FORBIDDEN, route


@pytest.mark.parametrize("name", ["q", "subject", "actor", "from", "serial", "after", "before"])
def test_whatever_is_typed_into_an_address_is_answered(member, provinces, name):
    browser = member(Role.PROVINCIAL_SUPERVISOR, Reach(province="تهران"))
    for route in _routes("GET"):
        if "{" not in route:
            for typed in ("a%00b", "%ED%A0%80", "9" * 40):
                answer = browser.get(f"{route}?{name}={typed}")
                assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (route, typed)
