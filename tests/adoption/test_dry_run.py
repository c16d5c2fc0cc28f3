"""A dry run: it counts what will be, and changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import URL, Engine, text
from support.published import described
from support.rows import all_rows

from thoth.storages.exceptions import SchemaNotOursError
from thoth.storages.graph.adoption import adopt

pytestmark = pytest.mark.slow  # many databases are made


def test_a_dry_run_counts_what_the_adoption_does_and_changes_nothing(populated: URL, engine: Engine) -> None:
    before = (described(engine), all_rows(engine))
    rehearsed = adopt(engine, dry_run=True)
    assert (described(engine), all_rows(engine)) == before
    performed = adopt(engine)
    assert (rehearsed.dry_run, performed.dry_run) == (True, False)
    assert {step.step: step for step in rehearsed.tables} == {step.step: step for step in performed.tables}
    assert len(rehearsed.tables) > 40


def test_others_can_read_while_a_dry_run_works_and_do_not_stop_it(
    populated: URL, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = text("SELECT count(*) FROM python_package_version")
    with engine.connect() as earlier, engine.connect() as meanwhile:
        meanwhile.execute(text("SET lock_timeout = '1s'"))
        counted = earlier.scalar(reading)
        seen = []
        adopt(engine, dry_run=True, tell=lambda _step: seen.append(meanwhile.scalar(reading)))
        assert set(seen) == {counted}


def test_a_dry_run_is_refused_where_an_adoption_was_begun(populated: URL, engine: Engine) -> None:
    def stop(_step: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adopt(engine, tell=stop)
    with pytest.raises(SchemaNotOursError, match="an adoption that was begun.*give up"):
        adopt(engine, dry_run=True)
