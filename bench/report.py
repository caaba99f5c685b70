"""What came of a run, for people: tables in Markdown, and the machine that it was."""

import datetime as dt
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.gateways import OURS_IN_IMAGE

#: Less CPU than theirs, by this factor: what we want to reach.
TARGETS = {
    "tailcall": {"Q1": 1.5, "Q2": 1.5, "Q3": 1.1, "Q4": 0.4, "Q5": 3.0, "Q6": 15.0},
    "mercurius": {"Q1": 0.9, "Q2": 0.8, "Q3": 0.8, "Q4": 0.5, "Q5": 1.2, "Q6": 2.5},
    "hive": {"Q1": 6.0, "Q2": 9.0, "Q3": 5.0, "Q4": 4.0, "Q5": 6.0, "Q6": 15.0},
    "before": {"Q1": 2.0, "Q2": 2.0, "Q3": 2.0, "Q4": 2.0, "Q5": 1.6, "Q6": 2.0},
}


def machine(load: float) -> dict[str, Any]:
    """Where and when."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    node = _said(["node", "--version"])
    return {
        "when": dt.datetime.now(dt.UTC).isoformat(timespec="minutes"),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "node": node,
        "revision": _said(["git", "rev-parse", "--short", "HEAD"])
        + ("+" if _said(["git", "diff", "HEAD", "--stat"]) else ""),
        "load_before": round(load, 2),
    }


def _said(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


_BEGIN, _END = "<!-- results: written by run.py -->", "<!-- end of results -->"


def into(readme: Path, told: str, results: Mapping[str, Any]) -> None:
    """Put a run's tables where the text has its place for them."""
    before, _, rest = readme.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    where = (
        f"{results['when'][:10]}, revision {results['revision']}, {results['cpu']}, {results['cores']} cores, "
        f"Linux {results['kernel']}, Python {results['python']}, Node {results['node']}; "
        f"the machine's load before the run was {results['load_before']}."
    )
    readme.write_text(f"{before}{_BEGIN}\n{where}\n\n{told}\n{_END}{after}")


def tables(results: Mapping[str, Any]) -> str:
    """The ratios first, then the figures behind them."""
    gateways = results["gateways"]
    shapes = sorted({shape for told in gateways.values() for shape in told["shapes"]})
    lines = _ratios("Several at once", gateways, shapes, "cpu_ms")
    lines += ["", *_ratios("One request at a time", gateways, shapes, "alone_cpu_ms")]
    for title, key, form in (
        ("One at a time: CPU of the gateway process per request, ms", "alone_cpu_ms", "{:.3f}"),
        ("One at a time: p50, ms", "alone_p50_ms", "{:.2f}"),
        ("Several at once: CPU of the gateway process per request, ms", "cpu_ms", "{:.3f}"),
        ("Several at once: requests per second", "per_second", "{:.0f}"),
        ("Several at once: p50, ms", "p50_ms", "{:.2f}"),
        ("Several at once: p99, ms", "p99_ms", "{:.2f}"),
        ("Several at once: upstream calls for a request", "calls", "{:.2f}"),
        ("One alone: upstream calls", "calls_once", "{}"),
        ("Bytes of an answer", "bytes", "{}"),
        ("Seconds until the CPU of a request stood still", "warm_up_seconds", "{:.0f}"),
    ):
        lines += _table(title, gateways, shapes, key, form)
    lines += [
        "",
        "| | start to first answer, s | memory after, MiB | at most | keeping answers, MiB |",
        "|---|---|---|---|---|",
    ]
    for name, told in gateways.items():
        plain, keeping = told["memory"]["plain"], told["memory"]["keeping"]
        lines.append(
            f"| {name} | {told['start_seconds']} | {plain['now_mib']} | {plain['most_mib']} | {keeping['now_mib']} |"
        )
    for name, told in gateways.items():
        lines += [f"\n{name} {shape}: NOT MEASURED: {reason}" for shape, reason in told["faults"].items()]
    lines += [f"\n{name}: NOT MEASURED: {reason}" for name, reason in results["missing"].items()]
    shares = [
        each["others_share"]
        for told in gateways.values()
        for one in told["shapes"].values()
        for each in one["rounds"]
    ]
    if shares:
        lines.append(f"\nOther processes used {100 * sum(shares) / len(shares):.0f} % of a core on average.")
    return "\n".join(lines)


def _ratios(title: str, gateways: Mapping[str, Any], shapes: list[str], key: str) -> list[str]:
    base = OURS_IN_IMAGE if OURS_IN_IMAGE in gateways else "ours"
    ours = gateways.get(base, {"shapes": {}})["shapes"]
    title = f"{title}: CPU of theirs / {base} (wanted)"
    lines = [f"| {title} | {' | '.join(shapes)} |", f"|---|{'---|' * len(shapes)}"]
    for name, told in gateways.items():
        if name == base:
            continue
        cells = []
        for shape in shapes:
            if shape not in ours or shape not in told["shapes"]:
                cells.append("—")
                continue
            ratio = told["shapes"][shape][key] / ours[shape][key]
            wanted = TARGETS.get(name, {}).get(shape)
            cells.append(f"{ratio:.2f}" + (f" ({wanted:g})" if wanted else ""))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _table(title: str, gateways: Mapping[str, Any], shapes: list[str], key: str, form: str) -> list[str]:
    lines = ["", f"| {title} | {' | '.join(shapes)} |", f"|---|{'---|' * len(shapes)}"]
    for name, told in gateways.items():
        cells = [
            form.format(told["shapes"][shape][key]) if shape in told["shapes"] else "—" for shape in shapes
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines
