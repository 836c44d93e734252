"""What is neither evidence nor derivable from the log, and is therefore backed up: jobs."""

from archive.state.database import StateDatabase
from archive.state.jobs import Job, Pending

__all__ = ["Job", "Pending", "StateDatabase"]
