"""Sphinx: the documentation of thoth-storages."""

from thoth.storages import __version__

project = "thoth-storages"
author = "The thoth-storages authors"
copyright = "The thoth-storages authors, GPL-3.0-or-later"
release = version = __version__
extensions = ["sphinx.ext.autodoc"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
html_theme = "alabaster"
nitpicky = False
