"""The four tables of unified assets, with the columns of `assets` that a thing has values of."""

from collections.abc import Mapping

from gateway.tables.columns import MOMENTS, ColumnKind, FlatColumn, FlatTable
from resolvers.identity.asset_values import LINKS, PLAIN, TERMS

ASSETS, LOCATIONS, PEOPLE = "assets", "locations", "people"
UNIFIED_ASSETS = "unified_assets"
UNIFIED_ASSET_RECORDS = "unified_asset_records"
ASSET_CONFLICTS = "asset_conflicts"
ASSET_POSSIBLE_MATCHES = "asset_possible_matches"
#: The tables by name, in the order in which they refer to each other.
THING_TABLES = (UNIFIED_ASSETS, UNIFIED_ASSET_RECORDS, ASSET_CONFLICTS, ASSET_POSSIBLE_MATCHES)


def thing_tables(assets: FlatTable, descriptions: Mapping[str, str]) -> Mapping[str, FlatTable]:
    """The tables by name. `descriptions` are those of a thing's fields, by column."""
    tables = (_unified_assets(assets, descriptions), *_tables_of_things())
    return {table.name: table for table in tables}


def thing_columns(assets: FlatTable) -> list[FlatColumn]:
    """The columns of `assets` that a thing has, too: plain values, links, warranty and support."""
    names = {*PLAIN.values(), *(f"{link}_id" for link in LINKS.values())}
    prefixes = tuple(f"{name}_" for _, name in TERMS.values())
    return [column for column in assets.columns if column.name in names or column.name.startswith(prefixes)]


def _unified_assets(assets: FlatTable, descriptions: Mapping[str, str]) -> FlatTable:
    return _table(
        UNIFIED_ASSETS,
        "UnifiedAsset",
        "Things, each once, however many sources know it. Each column shows the value of the source that is preferred "
        "for it.",
        _column("records", "Number of its records in the sources.", ColumnKind.INTEGER, required=True),
        _column("sources", "The sources that know it, separated by commas.", required=True),
        _column("matched_by", "What its records were joined by, separated by commas. Null for one record."),
        _column("serial_numbers", "All its serial numbers as they are compared, separated by commas."),
        *(
            _column(
                column.name,
                descriptions.get(column.name) or column.description,
                column.kind,
                references=column.references,
            )
            for column in thing_columns(assets)
        ),
        source="Always `unified`: the sources that know it are in `sources`.",
        vendor="Always `unified`.",
    )


def _tables_of_things() -> tuple[FlatTable, ...]:
    thing = _id("unified_asset_id", UNIFIED_ASSETS, "The `id` of the thing.")
    return (
        _table(
            UNIFIED_ASSET_RECORDS,
            "UnifiedAssetRecord",
            "Which asset of which source is which thing: a row for each asset.",
            thing,
            _id("asset_id", ASSETS, "The `id` of the asset."),
        ),
        _table(
            ASSET_CONFLICTS,
            "AssetConflictValue",
            "What records of one thing say differently, once compared fairly: a row for each value of each field.",
            thing,
            _column("field", "The field, as the schema calls it: `purchaseDate`.", required=True),
            _id("asset_id", ASSETS, "The `id` of the asset that says so."),
            _column("value", "The value as text.", required=True),
            _column(
                "is_shown", "True for the value that the thing shows.", ColumnKind.BOOLEAN, required=True
            ),
        ),
        _table(
            ASSET_POSSIBLE_MATCHES,
            "AssetPossibleMatch",
            "Assets that may be one thing and were not joined: a row for each pair.",
            _id("left_id", ASSETS, "The `id` of an asset."),
            _id("right_id", ASSETS, "The `id` of the other asset."),
            _column("reasons", "What speaks for it, separated by semicolons.", required=True),
            _column("against", "What speaks against it, separated by semicolons."),
            source="The source of the asset `left_id`.",
        ),
    )


def _table(
    name: str,
    type_name: str,
    description: str,
    *columns: FlatColumn,
    source: str = "The source of the asset.",
    vendor: str = "The vendor whose product the source is.",
) -> FlatTable:
    keys = (
        _column("id", "The row's own id, the same at each read.", required=True),
        _column("source", source, required=True),
        _column("vendor", vendor, required=True),
        _column("native_id", "The ids that the row is made of.", required=True),
    )
    return FlatTable(
        name=name,
        type=type_name,
        description=description,
        columns=(*keys, *columns, *MOMENTS),
        origins=(ASSETS, LOCATIONS, PEOPLE),
        is_matched=True,
    )


def _column(
    name: str,
    description: str,
    kind: ColumnKind = ColumnKind.TEXT,
    *,
    required: bool = False,
    references: str | None = None,
) -> FlatColumn:
    return FlatColumn(name=name, kind=kind, description=description, required=required, references=references)


def _id(name: str, references: str, description: str) -> FlatColumn:
    return _column(name, description, required=True, references=references)
