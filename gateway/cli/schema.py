"""The command `asset-gateway schema`: the public schema in GraphQL's schema definition language (SDL)."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """None: the command has no arguments."""


def run(_: argparse.Namespace) -> int:
    """Prints the schema, and gives the exit status."""
    from gateway import vendors
    from schema.build import build_schema, sdl

    print(sdl(build_schema(vendors.load().values())), end="")
    return 0
