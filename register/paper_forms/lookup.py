"""What everyone may ask of the ledger: reads only, fit for a read-only database user."""

from datetime import date

from sqlalchemy import Engine

from clearance.clock import Clock
from clearance.jalali import tehran_day
from clearance.paper_forms import FormSerial, meaning_of
from register import database
from register.paper_forms import reading
from register.paper_forms.records import FormAnswer


class PaperFormLookup:
    """The public's questions, over one database.

    ``effective_date`` is the first day, in Tehran, on which only electronic clearances count;
    ``None`` while none is set. Every method raises ``Unavailable("register.unavailable")`` if the
    database does not answer.
    """

    def __init__(self, engine: Engine, *, clock: Clock, effective_date: date | None) -> None:
        self._engine = engine
        self._clock = clock
        self._effective_date = effective_date

    def form(self, serial: FormSerial) -> FormAnswer:
        """Say what a paper with this serial means today: its class, and nothing else (R10)."""
        with database.transaction(self._engine) as connection:
            state = reading.state_of(connection, serial)
        meaning = meaning_of(
            state, effective_date=self._effective_date, today=tehran_day(self._clock())
        )
        return FormAnswer(meaning=meaning, effective_date=self._effective_date)
