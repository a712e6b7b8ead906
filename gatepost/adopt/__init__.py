"""Turn a database that is there into a project: models, policies as they are, and a first revision that is stamped."""
