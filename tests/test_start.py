"""Start of the server: what it does not need until somebody asks for it is not loaded."""

import subprocess
import sys

#: Modules, each with all below it, that a server of GraphQL loads only when they are used.
_LATER = (
    "duckdb",
    "pyarrow",
    "httpx",
    "joserfc",
    "cryptography",
    "websockets",
    "opentelemetry",
    "valkey",
    "packaging",
    "gateway.edge.tables.odata",
    "gateway.tables.export.destination",
    "gateway.tables.fill",
    "gateway.tables.live",
    "gateway.tables.odata",
    "gateway.tables.publication",
    "gateway.sandbox",
    "gateway.testing",
)
_SERVE = """
import sys
from gateway.cli import main, serve
from gateway.edge.serving import serve as serving
from gateway.app import create_app, read_settings
create_app(read_settings(None, {"GATEWAY_SOURCES__FIWIT__API_KEY": "secret"}))
print(*sys.modules)
"""
_FILL = """
import sys
from gateway.cli import requested_fill
print(*sys.modules)
"""


def _loaded(program: str) -> set[str]:
    """The modules that a process of its own has loaded at the end of `program`."""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(printed.stdout.split())


def _within(names: set[str], packages: tuple[str, ...]) -> list[str]:
    return sorted(name for name in names if any(f"{name}.".startswith(f"{package}.") for package in packages))


def test_a_server_loads_what_is_asked_for() -> None:
    assert _within(_loaded(_SERVE), _LATER) == []


def test_a_fill_loads_no_server() -> None:
    names = (
        "gateway.edge.graphql",
        "gateway.edge.middleware",
        "gateway.engine.explain",
        "starlette",
        "uvicorn",
    )
    assert _within(_loaded(_FILL), names) == []
