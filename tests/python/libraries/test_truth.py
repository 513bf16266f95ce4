"""strtobool: decouple carries the function that distutils had, so that it can be compared with."""

from __future__ import annotations

import decouple
from hypothesis import given
from hypothesis import strategies as st

from connlint.python.libraries.truth import strtobool


@given(
    st.one_of(
        st.sampled_from(["y", "YES", "t", "True", "on", "1", "n", "No", "F", "false", "OFF", "0", "", " 1", "2"]),
        st.text(),
    )
)
def test_a_text_is_true_false_or_refused(same, text):
    same(lambda: int(decouple.strtobool(text)), lambda: strtobool(text))
