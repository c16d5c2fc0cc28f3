"""Sphinx: the documentation of thoth-storages."""

import sys
from pathlib import Path

from thoth.storages import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "thoth-storages"
author = "The thoth-storages authors"
copyright = "The thoth-storages authors, GPL-3.0-or-later"
release = version = __version__
extensions = ["sphinx.ext.autodoc", "commands_by_group", "graph_rooms", "schema_tables", "settings_list"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
add_module_names = False
html_theme = "alabaster"
html_theme_options = {"page_width": "1280px", "body_max_width": "none"}  # tables are wide
smartquotes = False  # options keep their two dashes
nitpicky = False
