"""Run a deploy: wait for locks only briefly, let one deploy through at a time, and leave nothing behind."""
