"""The policy language: `protect`, `owner`, `allow` …, and their translation into policies and grants.

`policies/` imports `language` (through `gatepost` itself). `expression`, `type_coercion` and `sql_compiler` turn a
SQLAlchemy expression into the text of a policy. `validation` refuses mistakes; `source_location` and `import_errors`
say where they are and how to fix them. `to_policies` turns rules into policies and grants, and `declaration` has the
resulting values.
"""
