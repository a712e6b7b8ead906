"""The policy language: what an author writes, what it means, and what is refused.

`language` is what `policies/` imports (through `gatepost` itself); `expression`, `fitting` and `compiler` turn a
SQLAlchemy expression into the text of a policy; `judge` refuses what cannot be meant, `place` and `mistakes` say where
and how to mend it; `resolve` makes policies and grants of rules; `declaration` is the values that come out.
"""
