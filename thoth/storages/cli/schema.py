"""thoth-storages generate-schema: pictures of the tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy import MetaData


_FORMATS = (".png", ".svg")


def _draw(metadata: MetaData, path: Path) -> None:
    try:
        import pygraphviz
        from sqlalchemy_schemadisplay import create_schema_graph
    except ImportError as error:
        raise click.ClickException(f"{error.name} is missing: pip install 'thoth-storages[schema]'") from error
    from sqlalchemy import create_engine

    graph = create_schema_graph(engine=create_engine("sqlite://"), metadata=metadata, rankdir="LR", concentrate=False)
    drawn = pygraphviz.AGraph(string=graph.to_string()).draw(format=path.suffix[1:].lower(), prog="dot")
    path.write_bytes(drawn)


@click.command("generate-schema")
@click.argument("schema_file", default="schema.png", type=click.Path(dir_okay=False))
@click.argument("cache_schema_file", default="schema_cache.png", type=click.Path(dir_okay=False))
def generate_schema(schema_file: str, cache_schema_file: str) -> None:
    """Draw pictures of the tables, as PNG or SVG.

    One of the graph's tables, one of the graph cache's.

    Example: thoth-storages generate-schema schema.svg schema_cache.svg
    """
    from ..graph.models import Base
    from ..graph.models_cache import CacheBase

    if Path(schema_file) == Path(cache_schema_file):
        raise click.UsageError("the two pictures need files of their own")
    for path in (schema_file, cache_schema_file):
        if Path(path).suffix.lower() not in _FORMATS:
            raise click.UsageError(f"{path}: expected a name that ends with {' or '.join(_FORMATS)}")
    for metadata, path in ((Base.metadata, schema_file), (CacheBase.metadata, cache_schema_file)):
        try:
            _draw(metadata, Path(path))
        except OSError as error:
            raise click.ClickException(f"cannot write {path}: {error}") from error
        click.echo(f"wrote {path}")
