"""For Sphinx: directives that stand for sections which are made from the source."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.util.nodes import nested_parse_with_titles


class Sections(Directive):
    """Sections as the lines of a text in reStructuredText, which are made anew when one of their modules changes."""

    @abstractmethod
    def lines(self) -> Iterable[str]:
        """The text."""

    @abstractmethod
    def modules(self) -> Iterable[str]:
        """The files that it is made from."""

    def run(self) -> list[nodes.Node]:
        for path in self.modules():
            self.state.document.settings.env.note_dependency(path)
        section = nodes.section()
        section.document = self.state.document
        text = StringList(list(self.lines()), source=type(self).__name__)
        nested_parse_with_titles(self.state, text, section)
        return section.children
