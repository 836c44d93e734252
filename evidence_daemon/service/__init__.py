"""The one door: every read and write of the archive, whoever asks and however.

The API serves this, the command line and the pages are clients of the API. Methods take the
actor who asks and log what they must before anything leaves the archive.
"""
