"""docs/index.md, the landing page of the site: its statements can be declared."""

import re
import sys
from pathlib import Path
from types import ModuleType

from sqlmodel import Field, SQLModel

from gatepost.declare.language import collected, declaring

PAGE = Path(__file__).parents[2] / "docs" / "index.md"


def test_the_statements_can_be_declared(monkeypatch):
    class User(SQLModel, table=True):
        __tablename__ = "landing_user"
        id: str = Field(primary_key=True)

    class Item(SQLModel, table=True):
        __tablename__ = "landing_item"
        id: int = Field(primary_key=True)
        owner_id: str = Field(foreign_key="landing_user.id", index=True)

    models = ModuleType("app.models")
    models.User, models.Item = User, Item
    monkeypatch.setitem(sys.modules, "app", ModuleType("app"))
    monkeypatch.setitem(sys.modules, "app.models", models)
    try:
        with declaring():
            exec(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[0], {})
            assert len(collected().tables) == 2
    finally:
        for model in (User, Item):
            SQLModel.metadata.remove(model.__table__)
