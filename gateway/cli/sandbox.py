"""The command `asset-gateway sandbox`: simulators of the vendors' APIs, with made-up data."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import argparse
from typing import TYPE_CHECKING

from gateway.cli.arguments import port, positive
from gateway.literals import parse_whole

if TYPE_CHECKING:
    from gateway.sandbox.faults import Fault


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The ports, the size and seed of the data, and the faults of the vendors."""
    command.add_argument(
        "--port-base", type=port, default=9000, metavar="PORT", help="the first of five ports"
    )
    command.add_argument("--assets", type=positive, default=400, metavar="N", help="devices (default: 400)")
    command.add_argument(
        "--seed", type=parse_whole, default=1, metavar="N", help="the same data for the same number"
    )
    command.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="VENDOR:KIND[:ARG]",
        help="what is wrong with a vendor, such as halo:hang, revnue:rate-limit:5 or tether:500:0.3",
    )


def run(options: argparse.Namespace) -> int:
    """Serves until it is ended, and gives the exit status."""
    from gateway.sandbox.server import run as run_sandbox

    return run_sandbox(
        port_base=options.port_base, assets=options.assets, seed=options.seed, faults=dict(options.fault)
    )


def _fault(text: str) -> "tuple[str, Fault]":
    from gateway.sandbox.faults import parse
    from gateway.sandbox.server import parts

    try:
        return parse(text, parts())
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc
