"""Sphinx: the documentation of thoth-storages."""

import sys
from pathlib import Path

from thoth.storages import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "thoth-storages"
author = "The thoth-storages authors"
copyright = "The thoth-storages authors, GPL-3.0-or-later"
release = version = __version__
extensions = ["sphinx.ext.autodoc", "command_help", "graph_rooms", "schema_tables", "settings_list"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
html_theme = "alabaster"
smartquotes = False  # options keep their two dashes
nitpicky = False
