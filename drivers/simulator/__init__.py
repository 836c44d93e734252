"""Simulated recorders: cards laid out as real firmwares do, and recorders that fail.

A :class:`~drivers.simulator.plan.CardPlan` says what a card holds;
:func:`~drivers.simulator.card.write_card` lays it out from real clips and returns a manifest
that tests take as ground truth; :func:`~drivers.simulator.bureau.bureau` plans a whole
bureau's recorders. :class:`~drivers.simulator.faults.FaultyRecorder` stands in front of any
recorder and breaks it in the ways real ones break.

Example::

    plan = CardPlan(Firmware.ZFY, holes=frozenset({2}), important=frozenset({3}))
    manifest = write_card(plan, "card", ["clip.mp4"])
    recorder = FaultyRecorder(
        FolderRecorder("card"),
        Faults(bad_extents={manifest.files[0].path: [(4096, 512)]}),
    )
"""
