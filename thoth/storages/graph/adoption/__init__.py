"""Adopting a database of the published 0.74 package: its facts, under our keys, nothing of the original touched.

The new tables are made in a schema of their own, by the ordinary migrations, and filled step by step, each table in a
transaction of its own, while the old tables stay where they are and refuse changes. A last step swaps old and new in
one moment. Whatever happens before it, the old tables are as they were.

    look, set up ──▶ spell names ──▶ copy each table ──▶ enter the ledger ──▶ swap
    setting_up.py    spelling.py     copying.py, tables.py  ledger.py         swapping.py
    obstacles.py
"""

from .adopting import adopt, check, give_up
from .report import AdoptionReport, StepReport

__all__ = ["AdoptionReport", "StepReport", "adopt", "check", "give_up"]
