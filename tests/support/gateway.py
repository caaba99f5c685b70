"""A gateway over the sandbox's vendors."""

from collections.abc import Mapping
from pathlib import Path

from gateway.sandbox import Company
from gateway.sandbox.server import create_apps, parts
from gateway.testing.harness import Answer, Gateway
from gateway.testing.upstreams import Handler, served

__all__ = ["Answer", "Gateway", "sandbox", "sandbox_sources"]


def sandbox_sources() -> dict[str, dict[str, str]]:
    """The settings of a source for each vendor's sandbox, at `http://VENDOR.test`."""
    return {vendor: part.settings(f"http://{vendor}.test") for vendor, part in parts().items()}


def sandbox(
    company: Company,
    *,
    only: tuple[str, ...] = (),
    cached: bool = False,
    environ: Mapping[str, str] | None = None,
    handlers: Mapping[str, Handler] | None = None,
    config: Path | None = None,
) -> Gateway:
    """A gateway over the sandbox of all vendors, or of some; `handlers` take the place of single ones."""
    sources = {name: one for name, one in sandbox_sources().items() if not only or name in only}
    apps = {name: served(app) for name, app in create_apps(company).items()}
    return Gateway(sources, apps | dict(handlers or {}), cached=cached, environ=environ, config=config)
