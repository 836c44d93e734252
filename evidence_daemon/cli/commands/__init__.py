"""One module per command of ``evd``; each is named in ``evidence_daemon.cli.registry``."""
