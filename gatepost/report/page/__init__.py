"""The parts of the page: its findings, its access matrix, and the template with its style and script."""
