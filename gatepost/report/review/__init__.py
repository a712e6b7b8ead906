"""A review's own reports: who gains and who loses, for a terminal and for a comment on a pull request."""
