"""Keys of entities: the fields by which other subgraphs refer to a record."""

from collections.abc import Mapping

#: Keys of the entities that have others than the global id, which every type of the interface Node has.
KEYS: Mapping[str, tuple[str, ...]] = {
    "UnifiedAsset": ("id", "serialNumber", "assetTag"),
    "AssetHolder": ("email",),
}
