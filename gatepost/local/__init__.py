"""An embedded PostgreSQL that looks like a hosted Supabase project.

```python
from gatepost import local

server = local.start()
server.url()  # postgresql://postgres@/postgres?host=...
server.stop()
```

Stock PostgreSQL differs from the platform in some points. As `postgres`, these fail here and work there: event
triggers, publications FOR ALL TABLES, foreign-data wrappers and extensions that are not marked trusted; run them as
`supabase_admin`. Secrets in `vault` are not encrypted, `realtime.messages` has one default partition instead of one per
day, `authenticator` does not preload supautils and safeupdate, and statements have no limit of two minutes. Policies of
`postgres` on platform tables work as on the platform; see `sql/platform_policies.sql`.
"""

from gatepost.local.bootstrap import Bootstrapped, bootstrap
from gatepost.local.embedded import LocalServer, Profile, server, start
from gatepost.local.server_directory import Status

__all__ = ["Bootstrapped", "LocalServer", "Profile", "Status", "bootstrap", "server", "start"]
