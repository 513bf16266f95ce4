"""Run connlint as `python -m connlint`."""

from connlint.cli import main

raise SystemExit(main())
