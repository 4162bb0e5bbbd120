"""The site's own WSGI application; where DIE_AT names a failpoint, the process that serves it is armed."""

import os
from pathlib import Path

from config.wsgi import application
from tests.drills import failpoints, plants

plants.plant()
if os.environ.get("DIE_AT"):
    failpoints.arm(os.environ["DIE_AT"], Path(os.environ["DIE_MARK"]))

__all__ = ["application"]
