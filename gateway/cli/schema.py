"""The command `asset-gateway schema`: the public schema in GraphQL's schema definition language (SDL)."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import strawberry


def add_arguments(command: argparse.ArgumentParser) -> None:
    """For a federated graph: the schema as a subgraph, with other names, or without mutations."""
    command.add_argument(
        "--federation", action="store_true", help="the schema as a subgraph, for Apollo Federation 2"
    )
    command.add_argument(
        "--prefix",
        type=_prefix,
        metavar="P",
        help="with --federation: what names of types and root fields begin with, such as IT",
    )
    command.add_argument(
        "--read-only", action="store_true", help="with --federation: leave the mutations out"
    )
    command.set_defaults(refuse=command.error)


def run(options: argparse.Namespace) -> int:
    """Prints the schema, and gives the exit status."""
    from gateway import vendors
    from schema.build import build_schema, sdl

    if not options.federation and (options.prefix or options.read_only):
        options.refuse("--prefix and --read-only are for a subgraph: add --federation")
    schema = build_schema(vendors.load().values())
    print(_subgraph(schema, options) if options.federation else sdl(schema), end="")
    return 0


def _subgraph(schema: "strawberry.Schema", options: argparse.Namespace) -> str:
    from gateway import vendors
    from gateway.engine.explain.subgraph import weighed_sdl
    from schema.federation.names import Prefix

    prefix = Prefix(options.prefix or "")
    return weighed_sdl(schema, vendors.load(), prefix, read_only=options.read_only)


def _prefix(text: str) -> str:
    from gateway.settings.name_prefix import NAME_PREFIX, NAME_PREFIX_FORM

    if not NAME_PREFIX.fullmatch(text):
        raise argparse.ArgumentTypeError(NAME_PREFIX_FORM)
    return text
