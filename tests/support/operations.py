"""Operations made up from the schema: fields, aliases, fragments, directives, arguments that make sense or none."""

from collections.abc import Mapping
from typing import Any

import graphql
from hypothesis import strategies as st

from gateway.testing.selections import fields, types

#: Told by the clock, or by what was asked before.
_UNSTEADY = frozenset({"health", "lastSuccessAt", "asOf"})

_ENTITY = (
    "{ __typename ...who ... on Asset { name sameAsConnection { complete } } ... on UnifiedAsset { complete name } "
    "... on AssetHolder { email people(first: 2) { nodes { name } } assets { complete nodes { id } } } }"
)
#: Fields that read every list of every source: drawn more rarely than others.
_WHOLE_COMPANY = frozenset(
    {
        "assetConflicts",
        "assetCounts",
        "assetCoverage",
        "duplicateAssets",
        "explainIdentity",
        "possibleMatches",
        "sameAs",
        "sameAsConnection",
        "ticketCounts",
        "unified",
        "unifiedAsset",
        "unifiedAssets",
    }
)

_ARGUMENTS: Mapping[str, list[str]] = {
    "first": ["0", "1", "3", "10"],
    "last": ["2"],
    "after": ['"nonsense"', "null"],
    "source": ['"halo"', '"tether"', '"nobody"'],
    "serialNumber": ['"N/A"', '"PF-D006N0"'],
    "TicketFilter": ["{status: {ne: CLOSED}}", '{subject: {contains: "e"}}'],
    "AssetFilter": [
        '{name: {contains: "a"}}',
        "{vendor: {in: [HALO, TETHER]}, not: {status: {eq: RETIRED}}}",
        '{or: [{model: {isNull: true}}, {purchaseCost: {gt: "500"}}]}',
        '{locationId: {eq: "rubbish"}}',
        '{search: "le"}',
        '{not: {vendorParameters: {vendor: TETHER, parameters: {q: "le"}}}}',
        "{supportStatus: {ne: NONE}, warrantyProvider: {isNull: false}}",
    ],
    "_Any": [
        '[{__typename: "Asset", id: "halo:Asset:1"}, {__typename: "Ticket", id: "halo:Asset:1"}]',
        '[{__typename: "UnifiedAsset", assetTag: "IT-0001"}, {__typename: "Location", id: "tether:Location:12"}, {}]',
        '[{__typename: "AssetHolder", email: "no@one.example"}, {__typename: "Source", id: "halo:Source:halo"}]',
        (
            '[{__typename: "AssetHolder", email: "Soren.Hoffmann@brambling.example"}, '
            '{__typename: "AssetHolder", email: "thomas.adeyemi@brambling.example"}]'
        ),
    ],
    "LocationFilter": ['{name: {startsWith: "b"}}'],
    "LicenceFilter": ["{active: true}"],
    "ChecklistFilter": ['{status: {eq: "finished"}}'],
    "MeterReadingFilter": ['{meterName: {eq: "Mono"}}'],
    "PersonFilter": ['{search: "an"}', '{email: {contains: "@"}, vendor: {eq: HALO}}'],
    "ContractFilter": ["{number: {isNull: false}}"],
    "ChangeRecordFilter": ['{field: {contains: "s"}}'],
    "SoftwareInstallationFilter": ['{search: "a"}'],
    "PersonOrder": ["[{field: NAME, caseInsensitive: true}]"],
    "ContractOrder": ["[{field: END_DATE}]"],
    "LicenceOrder": ["[{field: AVAILABLE, direction: DESC}]"],
    "LocationOrder": ["[{field: COUNTRY}]"],
    "ChangeRecordOrder": ["[{field: CHANGED_AT, direction: DESC}]"],
    "AssetOrder": [
        "[{field: LOCATION}, {field: SOURCE}]",
        "[{field: CATEGORY, caseInsensitive: true, direction: DESC}]",
        "[{field: NAME}]",
        "[{field: PURCHASE_DATE, direction: DESC}, {field: STATUS}]",
    ],
    "PresenceFilter": [
        '{in: ["halo"], notIn: ["fiwit"]}',
        '{records: {gte: 2}, conflicts: ["status", "name"]}',
        "{possibleMatches: true}",
        '{in: ["nobody"]}',
    ],
    "UnifiedAssetOrder": ["[{field: NAME}]", "[{field: RECORDS, direction: DESC}, {field: STATUS}]"],
    "by": ["[STATUS]", "[SOURCE, VENDOR]", "[STATUS, STATUS]", "[]"],
    "from": ["LIVE"],
    "assetTag": ['"IT-0001"', '"junk"'],
    "field": ['"status"', '"junk"'],
    "TicketOrder": [
        "[{field: CREATED_AT, direction: DESC}]",
        "[{field: PRIORITY}]",
        "[{field: REQUESTER}, {field: TYPE}]",
    ],
}


@st.composite
def operations(draw: st.DrawFn, ids: Mapping[str, list[str]]) -> tuple[str, dict[str, Any]]:
    """A query and its variables. `ids` are global ids that there are, by type."""
    body = _selection(draw, "Query", 0, ids)
    variables = {"yes": draw(st.booleans()), "no": draw(st.booleans())}
    used = 'known: node(id: "halo:Asset:1") { ...who } t: __typename @include(if: $yes) @skip(if: $no)'
    body = f"{body[:-1]} {used} }}"
    return (
        f"query ($yes: Boolean!, $no: Boolean = false) {body} fragment who on Node {{ id __typename }}",
        variables,
    )


def _selection(draw: st.DrawFn, type_name: str, depth: int, ids: Mapping[str, list[str]]) -> str:
    if type_name == "_Entity":
        return _ENTITY
    found = {
        name: field
        for name, field in fields(type_name).items()
        if name not in _UNSTEADY and (depth < 5 or graphql.is_leaf_type(graphql.get_named_type(field.type)))
    }
    if draw(st.integers(0, 15)):
        found = {name: field for name, field in found.items() if name not in _WHOLE_COMPANY}
    most = 3 if depth == 0 else 5
    names = (
        draw(st.lists(st.sampled_from(sorted(found)), min_size=1, max_size=most, unique=True))
        if found
        else []
    )
    parts = [_field(draw, name, found[name], depth, ids) for name in names]
    parts.append("__typename")
    if depth and _is_node(type_name) and draw(st.booleans()):
        parts.append(draw(st.sampled_from(["...who", f"... on {type_name} {{ nativeId }}"])))
    if type_name == "Node":
        parts.append("... on Asset { name status warranty { endDate } } ... on Ticket { subject }")
    return f"{{ {' '.join(parts)} }}"


def _is_node(type_name: str) -> bool:
    node = types().type_map["Node"]
    found = types().type_map[type_name]
    assert isinstance(node, graphql.GraphQLInterfaceType)
    return isinstance(found, graphql.GraphQLObjectType) and node in found.interfaces


def _field(
    draw: st.DrawFn, name: str, field: graphql.GraphQLField, depth: int, ids: Mapping[str, list[str]]
) -> str:
    args = [
        f"{arg}: {_argument(draw, arg, one, ids)}"
        for arg, one in field.args.items()
        if graphql.is_required_argument(one) or draw(st.integers(0, 3)) == 0
    ]
    alias = draw(st.sampled_from(["", "", "x: ", "y: "]))
    directive = draw(
        st.sampled_from(["", "", "", " @include(if: $yes)", " @skip(if: $no)", " @skip(if: false)"])
    )
    inner = graphql.get_named_type(field.type)
    nested = "" if graphql.is_leaf_type(inner) else " " + _selection(draw, inner.name, depth + 1, ids)
    # One alias may stand once in a selection: it goes with the field's name.
    alias = f"{alias[0]}_{name}: " if alias else ""
    given = f"({', '.join(args)})" if args else ""
    return f"{alias}{name}{given}{directive}{nested}"


def _argument(
    draw: st.DrawFn, name: str, argument: graphql.GraphQLArgument, ids: Mapping[str, list[str]]
) -> str:
    inner = graphql.get_named_type(argument.type).name
    if inner == "ID":
        some = [one for known in ids.values() for one in known[:3]] + ["halo:Asset:0", "junk"]
        one = draw(st.sampled_from(some))
        return f'["{one}", "{draw(st.sampled_from(some))}"]' if name == "ids" else f'"{one}"'
    return draw(st.sampled_from(_ARGUMENTS.get(inner) or _ARGUMENTS.get(name) or ["null"]))
