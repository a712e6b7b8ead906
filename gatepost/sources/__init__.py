"""Things that can be looked at as a database: a folder or file of SQL, standard input, an Alembic project, a URL.

`parse_source` reads what a text names, and `opened` makes a database of it: on a server of its own that is gone
afterwards, shaped like a new hosted project, where nothing of the source runs as a superuser.

>>> source = parse_source("supabase/migrations")                         # doctest: +SKIP
>>> with opened(source) as database: ...                                 # doctest: +SKIP
"""

from gatepost.sources.opening import Opened, Options, opened
from gatepost.sources.profile import GRANTS, Grants, Profile
from gatepost.sources.source import Source, parse_source

__all__ = ["GRANTS", "Grants", "Opened", "Options", "Profile", "Source", "opened", "parse_source"]
