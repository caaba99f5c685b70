"""
The commands `asset-gateway identity report` and `identity explain ID ID`: which records of the configured sources are
one thing, and why.
"""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import argparse
import asyncio
import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from gateway.cli.arguments import add_config
from gateway.cli.configuration import load_settings
from gateway.cli.console import complain

if TYPE_CHECKING:
    from gateway.identity import MatchingReport
    from gateway.identity.matching_view import MatchingView
    from gateway.settings import Settings
    from resolvers.identity.explanations import RawExplanation
    from resolvers.identity.reading import AssetReading

_MOST_NUMBERS = 20
_RULES = {
    "DECLARED": "declared by the operator",
    "SERIAL_NUMBER": "equal serial numbers",
    "LABEL": "serial numbers behind a maker's label, or in the tag",
    "SECOND_IDENTIFIER": "a shared or weak number and a second identifier",
    "ASSET_TAG": "declared asset tags",
    "CARD": "network card and host name",
}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The two commands, each with the settings file."""
    commands = command.add_subparsers(required=True, metavar="COMMAND")
    report = commands.add_parser(
        "report", help="how many records were joined, by which rule, and what would help"
    )
    report.set_defaults(ids=())
    explain = commands.add_parser("explain", help="why assets are one thing, or are not")
    explain.add_argument("ids", nargs="+", metavar="ID", help="global ids of two assets and more")
    for subcommand in (report, explain):
        add_config(subcommand)


def run(options: argparse.Namespace) -> int:
    """Reads every source, prints what was asked for, and gives the exit status: 1 if a source is not complete."""
    settings = load_settings(options.config, os.environ, need_source=True)
    return 1 if settings is None else asyncio.run(_run(settings, options.ids))


async def _run(settings: "Settings", ids: list[str]) -> int:
    from gateway.app import open_operation
    from gateway.errors import GatewayError
    from resolvers.identity.explanations import checked_ids, explain_records
    from resolvers.identity.reading import read_assets
    from resolvers.identity.rows import IDENTITY_FIELDS

    async with open_operation(settings) as ctx:
        ctx.set_field_usage({"Asset": frozenset(IDENTITY_FIELDS)})
        try:
            checked = checked_ids(ctx, ids) if ids else []
            reading = await read_assets(ctx)
            lines = (
                _explanation(await explain_records(reading, checked)) if checked else await _report(reading)
            )
        except GatewayError as exc:
            complain(exc.message)
            return 1
        print("\n".join(lines))
        for error in reading.errors:
            complain(f"incomplete: {error.message}")
        return 0 if reading.complete else 1


async def _report(reading: "AssetReading") -> Iterator[str]:
    return _report_lines(await reading.use(_make_report))


def _make_report(view: "MatchingView") -> "Generator[None, None, MatchingReport]":
    from gateway.identity import MatchingReporter

    reporter = MatchingReporter(view.matching)
    yield from reporter.steps()
    assert reporter.report is not None
    return reporter.report


def _report_lines(report: "MatchingReport") -> Iterator[str]:
    yield f"{report.records} records are {report.things} things"
    yield "joins:"
    for rule, count in report.joins.items():
        yield f"  {count:>6}  {_RULES[rule.name]}"
    yield f"numbers that identify nothing: {len(report.unmasked)}"
    for number, carriers, reason in report.unmasked[:_MOST_NUMBERS]:
        yield f"  {number} on {carriers} records: {reason}"
    yield "asset tags that look shared, and would be worth declaring:"
    for first, second, agreement in report.tags_worth_declaring:
        yield f"  {agreement.equal} of {agreement.pairs} serial-matched pairs of {first} and {second} agree"
    if not report.tags_worth_declaring:
        yield "  none"


def _explanation(explanation: "RawExplanation") -> Iterator[str]:
    yield "one thing" if explanation.joined else "not one thing"
    for item in explanation.evidence:
        yield f"  {item.lhs} and {item.rhs}: {item.rule}{f' {item.value}' if item.value else ''}"
    for reason in explanation.against:
        yield f"  against it: {reason}"
    for record in explanation.records:
        yield record.id
        for value in record.values:
            worth = "identifies" if value.identifies else "does not identify"
            why = f" ({value.why})" if value.why else ""
            yield f"  {value.field}: {value.written!r} compared as {value.compared!r}, {worth}{why}"
