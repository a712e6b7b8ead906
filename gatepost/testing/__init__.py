"""Test row security in pytest: a real database, real roles, and assertions that show which policy decided.

The fixtures come with the installed package (`pytest` finds them by itself); the assertions are imported from here,
when they are first used: every run of pytest where Gatepost is installed imports this package.

```python
from gatepost.testing import assert_can_select, assert_cannot_update

def test_tasks_are_private(gatepost_db, as_user):
    with as_user(ANN) as db:
        assert_can_select(db, "tasks", user_id=ANN)
        assert_cannot_update(db, "tasks", {"status": "done"}, user_id=BOB)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost.lazy_names import lazy_names

if TYPE_CHECKING:
    from gatepost.testing.api_assertions import (
        assert_can_call,
        assert_can_join,
        assert_can_send,
        assert_can_upload,
        assert_cannot_call,
        assert_cannot_join,
        assert_cannot_send,
        assert_cannot_upload,
    )
    from gatepost.testing.assertions import (
        assert_can_delete,
        assert_can_insert,
        assert_can_insert_returning,
        assert_can_select,
        assert_can_update,
        assert_can_upsert,
        assert_cannot_delete,
        assert_cannot_insert,
        assert_cannot_insert_returning,
        assert_cannot_select,
        assert_cannot_update,
        assert_cannot_upsert,
    )
    from gatepost.testing.attempts import (
        AccessAssertionError,
        NothingToRefuse,
        PolicyFails,
    )
    from gatepost.testing.databases import (
        TestDatabase,
    )

_HOMES = {
    "AccessAssertionError": "gatepost.testing.attempts",
    "NothingToRefuse": "gatepost.testing.attempts",
    "PolicyFails": "gatepost.testing.attempts",
    "TestDatabase": "gatepost.testing.databases",
    "assert_can_call": "gatepost.testing.api_assertions",
    "assert_can_delete": "gatepost.testing.assertions",
    "assert_can_insert": "gatepost.testing.assertions",
    "assert_can_insert_returning": "gatepost.testing.assertions",
    "assert_can_join": "gatepost.testing.api_assertions",
    "assert_can_select": "gatepost.testing.assertions",
    "assert_can_send": "gatepost.testing.api_assertions",
    "assert_can_update": "gatepost.testing.assertions",
    "assert_can_upload": "gatepost.testing.api_assertions",
    "assert_can_upsert": "gatepost.testing.assertions",
    "assert_cannot_call": "gatepost.testing.api_assertions",
    "assert_cannot_delete": "gatepost.testing.assertions",
    "assert_cannot_insert": "gatepost.testing.assertions",
    "assert_cannot_insert_returning": "gatepost.testing.assertions",
    "assert_cannot_join": "gatepost.testing.api_assertions",
    "assert_cannot_select": "gatepost.testing.assertions",
    "assert_cannot_send": "gatepost.testing.api_assertions",
    "assert_cannot_update": "gatepost.testing.assertions",
    "assert_cannot_upload": "gatepost.testing.api_assertions",
    "assert_cannot_upsert": "gatepost.testing.assertions",
}

__all__ = [
    "AccessAssertionError",
    "NothingToRefuse",
    "PolicyFails",
    "TestDatabase",
    "assert_can_call",
    "assert_can_delete",
    "assert_can_insert",
    "assert_can_insert_returning",
    "assert_can_join",
    "assert_can_select",
    "assert_can_send",
    "assert_can_update",
    "assert_can_upload",
    "assert_can_upsert",
    "assert_cannot_call",
    "assert_cannot_delete",
    "assert_cannot_insert",
    "assert_cannot_insert_returning",
    "assert_cannot_join",
    "assert_cannot_select",
    "assert_cannot_send",
    "assert_cannot_update",
    "assert_cannot_upload",
    "assert_cannot_upsert",
]

__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
