"""Fixes: edits from findings, planned so that none overlap, and written so that no file is ever half written."""

from connlint.fix.plan import Plan, difference, plan
from connlint.fix.write import Unwritable, put, write

__all__ = ["Plan", "Unwritable", "difference", "plan", "put", "write"]
