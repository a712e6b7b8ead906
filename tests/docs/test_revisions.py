"""docs/revisions.md: its commands run, its functions and views can be declared, and a revision looks as it says."""

import re
from pathlib import Path

import pytest

from gatepost.migrate import Function, Grant, PolicyEntity, RevokeAll, RowSecurityEntity
from tests.docs.test_pages import commands, project, run_in_order

__all__ = ["project"]

PAGE = Path(__file__).parents[2] / "docs" / "revisions.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_revision_on_the_page_can_be_read() -> None:
    made = []

    class Operations:
        create_entity = made.append

    exec(
        BLOCKS[0],
        {kind.__name__: kind for kind in (Grant, PolicyEntity, RevokeAll, RowSecurityEntity)} | {"op": Operations},
    )
    assert [type(entity) for entity in made] == [RevokeAll, Grant, PolicyEntity, RowSecurityEntity]
    assert BLOCKS[0].count(made[2].source().replace("\n", "\n    ")) == 1


def test_the_function_on_the_page_can_be_declared() -> None:
    names: dict[str, list[Function]] = {}
    exec(BLOCKS[1], names)
    assert [entity.roles for entity in names["entities"]] == [("authenticated",)] * 2


@pytest.mark.slow
@pytest.mark.subprocess
def test_revisions(project: Path, database_url: str) -> None:
    lines = commands(PAGE)
    (setting,) = re.findall(r"```toml\n\[tool.gatepost\]\n(entities = .*?)```", PAGE.read_text(), re.DOTALL)
    (project / "app").mkdir()
    (project / "app" / "entities.py").write_text(BLOCKS[1])
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().replace("[tool.gatepost]\n", f"[tool.gatepost]\n{setting}"))
    declared = ["alembic revision --autogenerate -m declared", "alembic upgrade head", "alembic check"]
    # Until its functions are in a revision, the page's project has something to do.
    run_in_order([lines[0], *declared, *lines[1:]], project, database_url)
