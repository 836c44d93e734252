"""An identification depends on what is seen, not on the order of seeing it."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.identity import DECIDES, Basis, identify
from drivers.recorder import IdentityEvidence, ParsedName

values = st.text(min_size=1, max_size=4)
observations = st.builds(
    IdentityEvidence,
    st.sampled_from(["usb_serial", "volume_serial", "volume_label", "folder"]),
    values,
    st.integers(0, 70),
)
parsed = st.none() | st.builds(
    ParsedName,
    st.just("zfy"),
    st.just("video"),
    device=st.none() | st.sampled_from(["4560001", "4560002", "0000000"]),
    officer_no=st.none() | st.sampled_from(["100001", "100002"]),
)


@given(st.lists(observations, max_size=4), st.lists(parsed, max_size=8), st.none() | values)
def test_order_and_repetition_of_the_decision_change_nothing(
    evidence: list[IdentityEvidence], names: list[ParsedName | None], option: str | None
) -> None:
    result = identify(evidence, names, option)
    assert identify(evidence[::-1], names[::-1], option) == result
    assert result.recorder
    assert (result.basis is Basis.OPTION) == (option is not None)
    decided = bool(result.evidence) and result.evidence[0].weight >= DECIDES
    assert decided == (result.basis is not Basis.FALLBACK)
    assert [item.weight for item in result.evidence] == sorted(
        (item.weight for item in result.evidence), reverse=True
    )
