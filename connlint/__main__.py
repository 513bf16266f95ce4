"""Run connlint as `python -m connlint`."""

import os
import sys

# `python -m` puts the current folder first on the path. What lies there is what is linted: a file of it that is called
# like a module of the standard library must never be imported.
if sys.path and os.path.abspath(sys.path[0] or ".") == os.getcwd():
    del sys.path[0]

from connlint.cli import main

raise SystemExit(main())
