"""What the first login asks for: a password of one's own, and a second factor."""

from http import HTTPStatus
from io import BytesIO
from typing import Annotated

import qrcode
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.panel.forms import SentForm, Wrong, wrong_of
from api.panel.login import refusal_status
from api.panel.shell import done, logged_in, panel_page
from api.panel.visits import START, ThePanel, TheVisitor, adopt, session_at
from clearance.errors import InvalidValue, Refused
from register.staff.passwords import SHORTEST
from register.staff.second_factor import Offer
from register.staff.sessions import Session, Step

router = APIRouter(include_in_schema=False)

ChoosingPassword = Annotated[Session, Depends(session_at(Step.PASSWORD))]
Enrolling = Annotated[Session, Depends(session_at(Step.ENROLMENT))]

_QR_PIXELS = 5


@router.get("/panel/login/password")
def show_password(request: Request, session: ChoosingPassword) -> Response:
    """Ask for a password in the place of the one-time password."""
    return _password_page(request, session)


@router.post("/panel/login/password")
def choose_password(
    request: Request,
    session: ChoosingPassword,
    form: SentForm,
    panel: ThePanel,
    visitor: TheVisitor,
) -> Response:
    """Set the password, and go on to the second factor."""
    try:
        new = new_password(form.raw("new"), form.raw("again"))
        secret = panel.staff.logins.change_password(session, None, new, visitor)
    except (InvalidValue, Refused) as error:
        return _password_page(
            request, session, wrong=wrong_of(error, "new"), status=refusal_status(error)
        )
    response = done(request, START)
    logged_in(request, response, secret)
    return response


@router.get("/panel/login/enrolment")
def show_enrolment(request: Request, session: Enrolling, panel: ThePanel) -> Response:
    """Show the secret to be put into an authenticator."""
    return _enrolment_page(request, panel.staff.second_factors.offer(session.member.id))


@router.get("/panel/login/enrolment/qr.png")
def show_qr(session: Enrolling, panel: ThePanel) -> Response:
    """Draw the same secret as a QR code."""
    offer = panel.staff.second_factors.offer(session.member.id)
    file = BytesIO()
    qrcode.make(offer.uri, box_size=_QR_PIXELS).save(file)
    return Response(file.getvalue(), media_type="image/png", headers={"Cache-Control": "no-store"})


@router.post("/panel/login/enrolment")
def enrol(
    request: Request, session: Enrolling, form: SentForm, panel: ThePanel, visitor: TheVisitor
) -> Response:
    """Take the first code, open the panel and show the recovery codes."""
    try:
        secret, codes = panel.staff.logins.with_enrolment(session, form.text("code"), visitor)
    except (InvalidValue, Refused) as error:
        return _enrolment_page(
            request,
            panel.staff.second_factors.offer(session.member.id),
            wrong=wrong_of(error, "code"),
            status=refusal_status(error),
        )
    adopt(request, panel, secret)
    return panel_page(request, "recovery-codes.html", codes=codes)


def new_password(new: str, again: str) -> str:
    """Return the password that was typed twice; raises ``InvalidValue`` if the two differ."""
    if new != again:
        raise InvalidValue("staff.passwords_differ", field="/again")
    return new


def _password_page(
    request: Request, session: Session, *, wrong: Wrong | None = None, status: int = HTTPStatus.OK
) -> Response:
    return panel_page(
        request,
        "first-password.html",
        status=status,
        username=session.member.username,
        least=SHORTEST,
        wrong=wrong or {},
    )


def _enrolment_page(
    request: Request, offer: Offer, *, wrong: Wrong | None = None, status: int = HTTPStatus.OK
) -> Response:
    groups = [offer.secret[at : at + 4] for at in range(0, len(offer.secret), 4)]
    return panel_page(
        request,
        "enrolment.html",
        status=status,
        secret=" ".join(groups),
        uri=offer.uri,
        wrong=wrong or {},
    )
