from collections.abc import Sequence
from typing import Any

def encode(
    columns: Sequence[Sequence[Any]], kinds: bytes, limits: Sequence[int], count: int, /
) -> tuple[bytes, int, tuple[int, ...]] | int: ...
