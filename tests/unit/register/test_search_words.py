"""The words of search: what is kept and what is typed meet, whatever the keyboard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from register.supervision.words import MOST_WORDS, wanted, words_of


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("شركت  سازندة", "'شرکت':* & 'سازندة':*"),
        ("۱۴۰۵-۲۱۰۹", "'1405-2109':*"),
        ("٠١٢٣", "'0123':*"),
        ("«خدمات‌رسان»", "'خدماترسان':*"),
        ("o'x\\", "'o''x':*"),
        ("a\\'b", "'a\\\\''b':*"),
        ("  ", None),
        ("!! () ''", None),
    ],
)
def test_what_was_typed_becomes_a_query_of_beginnings(typed, query):
    assert wanted(typed) == query


def test_no_more_words_count_than_anybody_types():
    assert wanted("الف " * 100).count("&") == MOST_WORDS - 1


def test_words_are_kept_whole_and_in_parts():
    assert words_of(["قرارداد ۱۴۰۲/۷۷", "شرکت (سهامی خاص)"]) == sorted(
        {"قرارداد", "1402/77", "1402", "77", "شرکت", "سهامی", "خاص"}
    )


@given(st.text(max_size=300))
def test_no_word_is_empty_or_endless(text):
    assert all(0 < len(word) <= 100 for word in words_of([text]))
