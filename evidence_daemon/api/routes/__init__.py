"""One router per subject, under ``/v1``; ``evidence_daemon.api.app`` lists them."""
