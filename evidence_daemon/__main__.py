"""``python -m evidence_daemon`` is ``evd``."""

import sys

from evidence_daemon.cli.main import main

sys.exit(main())
