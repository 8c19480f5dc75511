"""`python -m atlas` is the command `atlas`."""

from atlas.cli import main

main(prog_name="atlas")
