"""Sources of the settings, each a vendor's description with an account's upstream."""

from collections.abc import Mapping
from typing import NamedTuple

from gateway import vendors
from gateway.connector.fetching.check import check
from gateway.connector.fetching.source import Source
from gateway.coordination.write_coordination import WriteCoordination
from gateway.settings import Settings, SettingsError, SourceKeys, env_name
from gateway.upstream.transport.interface import Transport
from gateway.upstream.upstreams import UpstreamFactory


def vendor_keys() -> Mapping[str, SourceKeys]:
    """The setting keys of each vendor's sources, by vendor."""
    return {name: vendor.keys for name, vendor in vendors.load().items()}


class OpenedSources(NamedTuple):
    """
    The sources that could be opened, in the order of their names, and why others could not: for what the operator has
    set, or for what their vendors' packages declare.
    """

    sources: Mapping[str, Source]
    faults: tuple[str, ...]
    vendor_faults: tuple[str, ...]

    def all_or_raise(self) -> Mapping[str, Source]:
        """The sources. Raises SettingsError if there is a fault of any kind."""
        if self.faults or self.vendor_faults:
            raise SettingsError((*self.faults, *self.vendor_faults))
        return self.sources


def open_sources(settings: Settings, transport: Transport) -> Mapping[str, Source]:
    """The configured sources by name, in the order of their names. Raises SettingsError with every fault."""
    return open_each_source(settings, UpstreamFactory(transport), WriteCoordination()).all_or_raise()


def open_each_source(
    settings: Settings, upstreams: UpstreamFactory, coordination: WriteCoordination
) -> OpenedSources:
    """The sources that can be opened over these upstreams, and the faults of the others."""
    known = vendors.load()
    sources: dict[str, Source] = {}
    faults: list[str] = []
    vendor_faults: list[str] = []
    for order, source_settings in enumerate(sorted(settings.sources, key=lambda source: source.name)):
        setting = env_name(("sources", source_settings.name))
        vendor = known[source_settings.vendor]
        try:
            source = Source.open(
                vendor, source_settings, order=order, upstreams=upstreams, writing=coordination
            )
            unsound = list(check(source))
        except ValueError as exc:
            faults.append(f"{setting}: {exc}")
            continue
        except Exception as exc:  # noqa: BLE001 (whatever another package's function may raise)
            unsound = [f"its description cannot be made: {type(exc).__name__}: {exc}"]
        if unsound:
            vendor_faults += [f"{setting}: vendor {vendor.name}: {fault}" for fault in unsound]
        else:
            sources[source.name] = source
    return OpenedSources(sources, tuple(faults), tuple(vendor_faults))
