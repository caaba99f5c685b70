"""Global ids: written and read back the same, and nothing odd is read at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.connector.description.ids import GlobalId, excerpt, parse
from gateway.errors import BadInput

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)


@given(
    source=NAMES,
    type_name=st.from_regex(r"[A-Z][A-Za-z]{0,20}", fullmatch=True),
    native=st.text(min_size=1, max_size=40),
)
def test_what_is_written_is_read_back(source: str, type_name: str, native: str) -> None:
    wanted = GlobalId(source, type_name, native)
    written = str(wanted)
    assert written.isascii()
    assert len(written.split(":")) == 3
    if len(written) <= 512:
        assert parse(written) == wanted


@given(
    written=st.text(max_size=80)
    | st.binary(max_size=60).map(lambda raw: "a:B:" + "".join(f"%{one:02x}" for one in raw))
)
def test_anything_is_an_id_or_bad_input(written: str) -> None:
    try:
        assert all(parse(written))
    except BadInput as refused:
        told = refused.message
    else:
        return
    assert "\n" not in told
    assert len(told) < 200


@pytest.mark.parametrize(
    "written", ["", ":", "::", "a::1", "a:B:", ":B:1", "12", "a:B", "a:B:%ff", "x" * 600, "a:B:" + "1" * 600]
)
def test_what_is_no_id(written: str) -> None:
    with pytest.raises(BadInput):
        parse(written)


@given(written=st.text(max_size=200))
def test_what_a_message_shows_is_short_and_on_one_line(written: str) -> None:
    assert len(excerpt(written).splitlines()) <= 1
    assert len(excerpt(written)) < 500
