"""For Sphinx: the directive settings-list, which describes every setting as thoth/storages/config.py does."""

from __future__ import annotations

from collections.abc import Iterator

from sections import Sections
from sphinx.application import Sphinx

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
    secret = " A secret: no message repeats it." if setting.secret else ""
    if isinstance(setting, config.RequiredSetting):
        return f"There is no default.{secret}"
    value = setting.default
    shown = f"{value:g}" if isinstance(value, int | float) else value
    return f"Default: {f'``{shown}``' if shown else 'none'}.{secret}"


class SettingsList(Sections):
    """The sections of all settings."""

    def lines(self) -> Iterator[str]:
        return described()

    def modules(self) -> Iterator[str]:
        yield config.__file__


def setup(app: Sphinx) -> dict[str, object]:
    app.add_directive("settings-list", SettingsList)
    return {"parallel_read_safe": True}
