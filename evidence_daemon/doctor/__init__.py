"""``evd doctor``: whether a station can do its work, asked before it matters.

Each examination looks at one thing, changes nothing, takes no lock, and says in both languages
what it found and what to do. It judges the station, never the evidence: that is ``evd verify``.
"""
