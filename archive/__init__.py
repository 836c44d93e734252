"""The archive: durable files, stores, the log on disk, and the catalog projected from it.

Nothing here knows where bytes come from: a recorder, a folder and a test's fake reach the
archive through the same small protocol. Nothing here serves a page.
"""
