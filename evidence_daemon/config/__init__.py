"""Configuration: one schema, from which everything that speaks of settings follows.

* ``sections_archive``, ``sections_station`` and ``sections_proof`` are the model: names, types,
  limits, defaults and, in both languages, what each setting means. ``schema`` puts the sections
  together, with the rules between them. Nothing else in the program knows a default.
* ``sources`` reads the file and the environment; ``load`` puts them in order (option,
  environment, file, default), remembers where each value came from, and turns every mistake
  into a :class:`~evidence_daemon.errors.ConfigError` that names the setting, the place and
  what is allowed there.
* ``describe`` lists the settings for people; ``example`` writes a commented file from that.

Importing this package costs pydantic: the command line does so only once a verb needs it.
"""
