"""`python -m gatepost.cli`: the same as the `gatepost` script."""

from gatepost.cli import main

main()
