"""For Sphinx: the directive settings-list, which describes every setting as thoth/storages/config.py does."""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.nodes import nested_parse_with_titles

from thoth.storages import config


def described() -> Iterator[str]:
    """All sections as the lines of a text in reStructuredText, in the order of config.SECTIONS."""
    for title, settings in config.SECTIONS.items():
        yield from (title, "-" * len(title), "")
        for setting in settings:
            yield from _setting(setting)


def _setting(setting: config.AnySetting) -> Iterator[str]:
    first, *others = setting.names
    yield f".. envvar:: {first}"
    yield from (f"            {name}" for name in others)
    meaning = setting.meaning[0].upper() + setting.meaning[1:]
    yield from ("", f"   {meaning}.", "", f"   Expected: {setting.expected}. {_default(setting)}", "")


def _default(setting: config.AnySetting) -> str:
    if isinstance(setting, config.RequiredSetting):
        return "There is no default." + (" A secret: no message repeats it." if setting.secret else "")
    shown = {True: "1", False: "0", "": "none"}.get(setting.default, f"``{setting.default}``")
    if type(setting.default) in (int, float):
        shown = f"``{setting.default:g}``"
    return f"Default: {shown}." + (" A secret: no message repeats it." if setting.secret else "")


class SettingsList(Directive):
    """The sections of all settings."""

    def run(self) -> list[nodes.Node]:
        self.state.document.settings.env.note_dependency(config.__file__)
        section = nodes.section()
        section.document = self.state.document
        nested_parse_with_titles(self.state, StringList(list(described()), source="config.py"), section)
        return section.children


def setup(app: Sphinx) -> dict[str, object]:
    app.add_directive("settings-list", SettingsList)
    return {"parallel_read_safe": True}
