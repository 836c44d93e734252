import pytest

from evidence_daemon.status import REASON_WORDS, WORDS, AttentionReason, SlotStatus, Status


def test_the_vocabulary_is_the_closed_one_of_the_design() -> None:
    assert " ".join(Status) == (
        "empty identifying queued copying verifying charging"
        " safe_to_remove removable_incomplete attention"
    )


def test_every_state_and_every_reason_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(Status)
    assert set(REASON_WORDS) == set(AttentionReason)
    for words in (*WORDS.values(), *REASON_WORDS.values()):
        assert words.zh
        assert words.en.isascii()


def test_a_slot_spells_its_reason() -> None:
    slot = SlotStatus(Status.ATTENTION, AttentionReason.ARCHIVE_FULL)
    assert str(slot) == "attention(archive_full)"
    assert slot.words("zh") == "需要处理：档案磁盘已满，采集已停止"
    assert str(SlotStatus(Status.COPYING)) == "copying"
    assert SlotStatus(Status.COPYING).words("en") == "copying"


@pytest.mark.parametrize(
    ("status", "reason"),
    [(Status.ATTENTION, None), (Status.COPYING, AttentionReason.INTERNAL)],
)
def test_attention_and_only_attention_has_a_reason(
    status: Status, reason: AttentionReason | None
) -> None:
    with pytest.raises(AssertionError):
        SlotStatus(status, reason)
