"""An embedded PostgreSQL that looks like a hosted Supabase project.

```python
from gatepost import local

server = local.start()
server.url()  # postgresql://postgres@/postgres?host=...
server.stop()
```
"""

from gatepost.local.embedded import LocalServer, Profile, Status, server, start
from gatepost.local.managed import Bootstrapped, bootstrap

__all__ = ["Bootstrapped", "LocalServer", "Profile", "Status", "bootstrap", "server", "start"]
