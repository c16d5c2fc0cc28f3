"""Answers remembered in this process: least recently used ones are dropped first, changed ones at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache

T = TypeVar("T")

Key = tuple[str | None, Hashable]
"""The name of the package that an answer is about, and the rest of the question."""


@dataclass
class _Answers:
    """The remembered answers to one question."""

    answers: LRUCache[Key, Any]
    hits: int = 0
    misses: int = 0


class MemoryCache:
    """Remembered answers, by question. Answers are immutable: what a caller does to its copy stays with the caller."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        """Keep as many answers of each question as the sizes say; of size 0, none."""
        self._questions = {question: _Answers(LRUCache(size)) for question, size in sizes.items()}
        self._lock = Lock()
        self._generation = 0

    def get_or_create(self, question: str, key: Key, ask: Callable[[], T]) -> T:
        """The remembered answer, or the one that asking gives, remembered from now on."""
        (answer,) = self.get_or_create_many(question, [key], lambda _keys: {key: ask()}).values()
        return answer

    def get_or_create_many(
        self, question: str, keys: Collection[Key], ask: Callable[[list[Key]], Mapping[Key, T]]
    ) -> dict[Key, T]:
        """The answer for each key; those that are not remembered are asked for together."""
        remembered = self._questions[question]
        with self._lock:
            generation = self._generation
            found = {key: remembered.answers[key] for key in keys if key in remembered.answers}
            missing = [key for key in keys if key not in found]
            remembered.hits += len(found)
            remembered.misses += len(missing)
        if missing:
            asked = ask(missing)
            found.update(asked)
            self._remember(remembered, asked, generation)
        return found

    def _remember(self, question: _Answers, answers: Mapping[Key, Any], generation: int) -> None:
        with self._lock:
            # What was asked before a change became known may be older than the change.
            if generation == self._generation and question.answers.maxsize:
                question.answers.update(answers)

    def forget(self, package_names: Collection[str]) -> None:
        """Drop every answer about these packages."""
        with self._lock:
            self._generation += 1
            for question in self._questions.values():
                for key in [key for key in question.answers if key[0] in package_names]:
                    del question.answers[key]

    def clear(self) -> None:
        """Drop every answer."""
        with self._lock:
            self._generation += 1
            for question in self._questions.values():
                question.answers.clear()

    def after_fork(self) -> None:
        """Start anew in a child process: the lock may have been held by a thread that does not exist there."""
        self._lock = Lock()
        self.clear()

    def info(self) -> dict[str, dict[str, int]]:
        """{question: {hits, misses, maxsize, currsize}}."""
        with self._lock:
            return {
                name: {
                    "hits": question.hits,
                    "misses": question.misses,
                    "maxsize": int(question.answers.maxsize),
                    "currsize": len(question.answers),
                }
                for name, question in self._questions.items()
            }
