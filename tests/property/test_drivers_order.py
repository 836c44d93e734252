"""One card gives one order, whatever the listing was."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.order import plan
from drivers.recorder import RecorderFile


@given(
    st.lists(
        st.builds(
            RecorderFile,
            st.binary(min_size=1, max_size=3),
            st.integers(0, 2**40),
            st.integers(-(2**50), 2**50),
        ),
        unique_by=lambda item: item.path,
    )
)
def test_one_card_has_one_order_whatever_the_listing_was(files: list[RecorderFile]) -> None:
    order = plan(files, {}, lambda item: item.size_bytes % 2 == 0)
    assert sorted(order, key=lambda item: item.path) == sorted(files, key=lambda item: item.path)
    assert plan(reversed(files), {}, lambda item: item.size_bytes % 2 == 0) == order
