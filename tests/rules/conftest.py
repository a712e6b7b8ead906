"""A way to ask one rule about a few statements."""

import pytest

from gatepost.reflect import read
from gatepost.rules import Context, all_rules


@pytest.fixture
def told(rolled_back):
    """What a rule says of some SQL, as objects; each call starts from an empty project."""

    def look(name, text, declaration=None):
        (rule,) = [rule for rule in all_rules() if rule.name == name]
        with rolled_back.cursor() as cursor:
            cursor.execute(text)
            found = [finding.object for finding in rule.check(Context(read(cursor), declaration))]
        rolled_back.rollback()
        return found

    return look
