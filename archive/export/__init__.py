"""Packages: what leaves the archive together with the proof of where it comes from.

* ``bag`` writes a BagIt bag, whatever is in it.
* ``evidence`` says what an evidence package holds, ``anchors`` which timestamps and witnesses
  belong into it, ``custody`` and ``readme`` what people read of it.
* ``verifiers/`` holds the verifiers that every package carries.

A package is a stream of parts: whoever holds the archive gives them, whoever asked writes them.
"""
