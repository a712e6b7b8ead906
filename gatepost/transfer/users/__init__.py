"""The app's own users into Supabase Auth, each with the id that it had: what policies compare with `auth.uid()`."""

from gatepost.transfer.users.api import push_by_api
from gatepost.transfer.users.database import push_by_sql, refuse_taken
from gatepost.transfer.users.planning import Problem, Pushed, User, UsersPlan, plan_users

__all__ = ["Problem", "Pushed", "User", "UsersPlan", "plan_users", "push_by_api", "push_by_sql", "refuse_taken"]
