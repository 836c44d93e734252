"""The log on disk: read by anyone, written by the one committer."""
