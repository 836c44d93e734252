"""Who may read an open file, access lists included.

systemd hands a credential to a service by an access list on a file of root's. Such a list
shows as the group's bits of the mode, which then look as if the file stood open; whether it
does is only told by the list itself (acl(5)).
"""

import os
import stat
import struct

_OTHERS = 0o077
_LIST = "system.posix_acl_access"
_HEADER_BYTES = 4
_ENTRY = struct.Struct("<HHI")  # tag, permissions, id
_OWNER, _USER, _MASK = 0x01, 0x02, 0x10


def is_private(descriptor: int) -> bool:
    """Whether nobody but the file's owner, root and this process's user may open it."""
    if not stat.S_IMODE(os.fstat(descriptor).st_mode) & _OTHERS:
        return True
    try:
        listed = os.getxattr(descriptor, _LIST)
    except OSError:
        return False
    return all(_is_harmless(*entry) for entry in _ENTRY.iter_unpack(listed[_HEADER_BYTES:]))


def _is_harmless(tag: int, permissions: int, identity: int) -> bool:
    return not permissions or tag in {_OWNER, _MASK} or (tag == _USER and identity == os.geteuid())
