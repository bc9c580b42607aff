"""All bodies that are coming in share one budget, and no sender takes all of it."""

from contextlib import ExitStack, suppress

import pytest

from api.toolkit.body_budget import SMALL, BodyBudget
from clearance.errors import Unavailable

TOTAL = 10 * SMALL


@pytest.fixture
def budget() -> BodyBudget:
    return BodyBudget(total=TOTAL)


def test_small_bodies_always_have_room(budget: BodyBudget) -> None:
    with ExitStack() as stack:
        for number in range(1000):
            stack.enter_context(budget.body_of(f"198.51.100.{number % 5}")).add(SMALL)


def test_one_sender_gets_half_and_others_the_rest(budget: BodyBudget) -> None:
    with budget.body_of("192.0.2.1") as mine, budget.body_of("192.0.2.2") as theirs:
        mine.add(SMALL + TOTAL // 2)
        with pytest.raises(Unavailable, match=r"request\.busy"):
            mine.add(1)
        theirs.add(SMALL + TOTAL // 2)
        with budget.body_of("192.0.2.3") as third:
            third.add(SMALL)
            with pytest.raises(Unavailable, match=r"request\.busy"):
                third.add(1)


def test_what_a_body_held_is_given_back_however_it_ends(budget: BodyBudget) -> None:
    for _ in range(50):
        with suppress(RuntimeError), budget.body_of("192.0.2.1") as holding:
            holding.add(SMALL + TOTAL // 2)
            raise RuntimeError
    with budget.body_of("192.0.2.1") as holding:
        holding.add(SMALL + TOTAL // 2)
