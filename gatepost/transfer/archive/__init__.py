"""A transfer as a directory: COPY files, compressed, with a sealed manifest."""
