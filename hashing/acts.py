"""The closed list of acts, and for each what its entry's body holds.

The tables here are checked whenever an entry is written (:func:`validate`) and printed in
``docs/formats.md`` (:mod:`hashing.acts_table`), so that the two cannot part.

* Acts are extended only by addition. A reader meeting an act or a field it does not know
  treats the entry as intact and does not interpret it.
* An act without a table here is reserved: its name is taken, its body is not defined, and
  no entry of it can be written.
* Validation happens at write time. A verifier asks for it; it does not need it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from hashing.act_schema import Act, ActSchema
from hashing.acts_archive import ARCHIVE_ACTS
from hashing.acts_docking import DOCKING_ACTS
from hashing.acts_proof import PROOF_ACTS
from hashing.errors import IntegrityError
from hashing.schema import find_in_record

__all__ = ["SCHEMAS", "Act", "ActSchema", "BodyMismatch", "validate"]

SCHEMAS: Mapping[Act, ActSchema] = MappingProxyType(ARCHIVE_ACTS | DOCKING_ACTS | PROOF_ACTS)
"""The schema of every act that can be written. An act not in it is reserved."""


class BodyMismatch(IntegrityError):  # noqa: N818 - named for the defect
    """The body of an entry is not what its act's schema says."""

    code = "BODY_MISMATCH"


def validate(act: Act, body: Mapping[str, object]) -> None:
    """Check a body that is about to be written.

    Raises:
        BodyMismatch: A field is missing, malformed or unknown, the act's rule does not
            hold, or the act is reserved.
        MalformedPath: ``path_b64`` does not belong to ``path``.
    """
    schema = SCHEMAS.get(act)
    if schema is None:
        raise BodyMismatch(f"{act} is reserved: it has no body yet")
    fault = find_in_record(schema.fields, body)
    if fault is not None:
        raise BodyMismatch(f"{act}{fault} is missing, malformed or not in the schema")
    if schema.rule is not None and not schema.rule(body):
        raise BodyMismatch(f"{act} breaks its rule: {schema.rule_doc}")
