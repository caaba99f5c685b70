"""
Side by side in one run: this gateway and others, over the same vendors.

    python bench/run.py [--seconds 1] [--rounds 5] [--only ours,tailcall] [--shapes Q1,Q4] [--quiet-load 0.5]

Installs below bench/ what it needs, and writes bench/results.json and the tables of bench/README.md; `--write ""
--readme ""` leaves both alone.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import processes, report
from bench.gateways import GATEWAYS
from bench.measure import SHAPES, Running, check, figures, measure, started, warm_up


def main() -> None:
    """Measure, and say what came of it."""
    args = _arguments()
    names, shapes = args.only.split(","), args.shapes.split(",")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with started(names, home) as (running, missing, nginx):
            for one in running:
                for shape in shapes:
                    check(one, shape, home)
                    told = one.faults.get(
                        shape, f"{one.bytes[shape]} bytes, {one.calls[shape]} upstream calls"
                    )
                    print(f"{one.gateway.name:<11} {shape} {told}", flush=True)
            for name, reason in missing.items():
                print(f"{name:<11} NOT MEASURED: {reason}")
            load = processes.wait_for_quiet(args.quiet_load, args.patience)
            print(f"load of the last minute: {load:.2f}", flush=True)
            where = report.machine(load)
            _rounds(running, shapes, args, nginx)
            told_all = {one.gateway.name: figures(one) for one in running}
    results = {**where, "missing": missing, "gateways": told_all}
    tables = report.tables(results)
    print(tables)
    if args.write:
        Path(args.write).write_text(json.dumps(results, indent=1) + "\n")
    if args.readme:
        report.into(Path(args.readme), tables, results)


def _rounds(running: list[Running], shapes: list[str], args: argparse.Namespace, nginx: int) -> None:
    for one in running:
        for shape in shapes:
            if shape not in one.faults:
                try:
                    warm_up(one, shape, seconds=args.seconds, at_most=args.warm_up)
                except RuntimeError as exc:
                    one.faults[shape] = str(exc)
    for turn in range(args.rounds):
        for shape in shapes:
            # each is first in its turn
            for one in running[turn % len(running) :] + running[: turn % len(running)]:
                if shape not in one.faults:
                    try:
                        measure(one, shape, args.seconds, nginx)
                    except RuntimeError as exc:
                        one.faults[shape] = str(exc)
        print(f"round {turn + 1} of {args.rounds}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="This gateway and others, side by side.")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--warm-up", type=float, default=20.0, help="seconds at most of each gateway and shape"
    )
    parser.add_argument(
        "--only", default=",".join(gateway.name for gateway in GATEWAYS if gateway.name != "before")
    )
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument(
        "--quiet-load", type=float, default=0.5, help="begin when the machine's load is at most this"
    )
    parser.add_argument("--patience", type=float, default=300.0, help="seconds to wait for that")
    parser.add_argument("--write", metavar="FILE", default=str(Path(__file__).with_name("results.json")))
    parser.add_argument("--readme", metavar="FILE", default=str(Path(__file__).with_name("README.md")))
    return parser.parse_args()


if __name__ == "__main__":
    main()
