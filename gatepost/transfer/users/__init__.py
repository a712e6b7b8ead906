"""Create the app's own users in Supabase Auth, with their existing ids, which policies compare with `auth.uid()`."""

from gatepost.transfer.users.api import push_by_api
from gatepost.transfer.users.columns import Columns, Question
from gatepost.transfer.users.database import There, compare_users, push_by_sql
from gatepost.transfer.users.planning import plan_users
from gatepost.transfer.users.values import Difference, Problem, Pushed, User, UsersOptions, UsersPlan

__all__ = [
    "Columns",
    "Difference",
    "Problem",
    "Pushed",
    "Question",
    "There",
    "User",
    "UsersOptions",
    "UsersPlan",
    "compare_users",
    "plan_users",
    "push_by_api",
    "push_by_sql",
]
