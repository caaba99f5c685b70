"""Console output of the commands, flushed line by line."""

import sys


def say(text: str) -> None:
    """Print a line to standard output."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Print a line to standard error, with the program's name."""
    print(f"asset-gateway: {text}", file=sys.stderr, flush=True)
