"""Whatever the line break, a value reads the same."""

import importlib
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[2] / "vectors"))
order = importlib.import_module("order")

pieces = st.lists(st.sampled_from((*order.PERSIAN, *order.TOKENS)), min_size=2, max_size=14)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces)
def test_each_token_stands_in_its_order_at_every_width(chosen):
    text = order.text_of(chosen)
    for width in order.WIDTHS:
        lines = order.painted_lines([text], width=width)
        for token in order.tokens_of(chosen):
            assert not order.lost(token, lines), (width, lines)


@pytest.mark.parametrize("token", order.TOKENS, ids=lambda token: token.text)
def test_a_token_stands_in_its_order_wherever_it_falls_on_the_line(token):
    """Pushed word by word over the line's end."""
    texts = [order.text_of(["پلاک"] * count + [token, "و"]) for count in range(12)]
    for text in texts:
        assert not order.lost(token, order.painted_lines([text], width=63))
