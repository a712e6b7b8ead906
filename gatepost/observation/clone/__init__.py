"""Clone a database's schema without its rows, into a server of its own where nothing foreign is trusted.

`schema` makes it; `roles`, `extensions`, `restore` and `platform` are its steps, `left_out` and
`compare_protection` say what it lacks.
"""

from gatepost.observation.clone.copied_rows import filled_clone
from gatepost.observation.clone.schema import Clone, schema_clone

__all__ = ["Clone", "filled_clone", "schema_clone"]
