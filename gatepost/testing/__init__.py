"""Test row security in pytest: a real database, real roles, and assertions that show which policy decided.

The fixtures come with the installed package (`pytest` finds them by itself); the assertions are imported from here.

```python
from gatepost.testing import assert_can_select, assert_cannot_update

def test_tasks_are_private(gatepost_db, as_user):
    with as_user(ANN) as db:
        assert_can_select(db, "tasks", user_id=ANN)
        assert_cannot_update(db, "tasks", {"status": "done"}, user_id=BOB)
```
"""

from gatepost.testing.assertions import (
    AccessAssertionError,
    assert_can_delete,
    assert_can_insert,
    assert_can_select,
    assert_can_update,
    assert_cannot_delete,
    assert_cannot_insert,
    assert_cannot_select,
    assert_cannot_update,
)
from gatepost.testing.databases import TestDatabase

__all__ = [
    "AccessAssertionError",
    "TestDatabase",
    "assert_can_delete",
    "assert_can_insert",
    "assert_can_select",
    "assert_can_update",
    "assert_cannot_delete",
    "assert_cannot_insert",
    "assert_cannot_select",
    "assert_cannot_update",
]
