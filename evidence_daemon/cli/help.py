"""Help that shows how a command is called before it explains it."""

from evidence_daemon.cli.language import say

_AS_IT_STANDS = "\b\n"
"""Tells click not to wrap the paragraph that follows."""


def by_example(example: str, *, zh: str, en: str) -> str:
    """The help of a command: an example first, then what it does.

    Args:
        example: A command line that works as it stands.
        zh: What the command does, in Chinese.
        en: The same in English.
    """
    return f"{_AS_IT_STANDS}{say(zh='示例：', en='Example: ')}{example}\n\n{say(zh=zh, en=en)}"
