"""Giving settings of a configuration file other values, everything else as a person left it."""

from collections.abc import Mapping

from evidence_daemon.config.describe import toml_value
from evidence_daemon.config.shape import Key
from evidence_daemon.config.sources import key_lines


def with_values(text: str, values: Mapping[Key, object]) -> str:
    """The text of a file with some settings given other values.

    A setting that stands on a line of its own is changed there. One that does not is added
    below its table's heading, and the table at the end where there is none.

    Args:
        text: A TOML text whose values of these settings take one line each.
        values: New values by (section, name).
    """
    lines, places = text.splitlines(), key_lines(text)
    missing = [key for key in values if key not in places]
    for key in values.keys() - missing:
        lines[places[key] - 1] = _assignment(key, values)
    # from the last heading to the first, so that the lines above keep their numbers
    for key in sorted(missing, key=lambda key: places.get(key[:1], 0), reverse=True):
        heading = places.get(key[:1])
        if heading is None:
            lines += ["", f"[{key[0]}]", _assignment(key, values)]
            places[key[:1]] = len(lines) - 1
        else:
            lines.insert(heading, _assignment(key, values))
    return "\n".join(lines) + "\n"


def _assignment(key: Key, values: Mapping[Key, object]) -> str:
    return f"{key[-1]} = {toml_value(values[key])}"
