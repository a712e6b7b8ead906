"""The built-in users for whom rows are planted, with their traits."""

from __future__ import annotations

from collections.abc import Mapping

from gatepost.personas import Traits

ANN = "ann"
BOB = "bob"
ADMIN = "admin"
SELF_CLAIMING = "self_claiming"
TEAMMATE = "teammate"
"""A member of ann's tenant with the lowest rank, where users share tenants. Ann has the highest."""

BUILT_IN_USERS: Mapping[str, Traits] = {
    ANN: Traits(ordinary=True, ranked=True, tries_every_column=True),
    BOB: Traits(ordinary=True),
    "anonymous_sign_in": Traits(ordinary=True, anonymous_sign_in=True),
    ADMIN: Traits(ranked=True, administrator=True),
    SELF_CLAIMING: Traits(ordinary=True, self_claiming=True),
}
"""The signed-in users by name: two strangers in different tenants, an anonymous sign-in, one whose `app_metadata` makes
them an administrator, and one whose `user_metadata`, which users write themselves, claims everything."""

RANKED = tuple(name for name, traits in BUILT_IN_USERS.items() if traits.ranked)
"""The users with rows in tables that may give a rank. The others are like anyone who has just signed up."""

STRANGERS = tuple(f"9e500000-0000-4000-8000-0000000001{number:02d}" for number in range(16))
"""Users that are not personas: for rows of nobody, and for rows of tables in which each user has one."""
FORMER = tuple(f"9e500000-0000-4000-8000-0000000003{number:02d}" for number in range(12))
"""Users whose membership in ann's tenant is over, or has not begun."""
NEW_USER = "9e500000-0000-4000-8000-000000000200"
"""A user that has just signed up. It is in `auth.users` and nowhere else."""
