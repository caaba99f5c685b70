"""
Which keys of a vendor's rows an operation looks at: of a long list only these are decoded.

Rows have many keys (Halo's devices more than a hundred), and an operation looks at a few.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

import msgspec
from cachetools import LRUCache

from gateway.connector.description.envelope import USUAL
from gateway.connector.description.resource import Field, Link, List, Nested, Resource, Ttl
from gateway.connector.description.row_types import Columns
from gateway.upstream.http.decode import EXACT, Decode, NarrowDecoder, read_json

FieldUsage = Mapping[str, frozenset[str] | None]
"""
By the type of the records, the names of the fields, links and nested records that an operation looks at, None for all.
Of a type that is not there the operation has no records.
"""

#: The keys are known only when a source is configured.
_Object: Any = TypedDict
_List: Any = list
#: So many decoders are kept for a source: operations that look at the same keys share one.
_DECODERS = 64


class ListDecoders:
    """The decoders of one source's lists."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        tables: set[str] = set()
        for one in resources.values():
            declared: list[Field | Link] = [*one.fields.values(), *one.links.values()]
            tables.update(ref for found in declared for ref in found.refs)
        self._whole = {name for name, one in resources.items() if name in tables or not _is_plain(one)}
        self._within: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for one in resources.values():
            if one.embedded_in is not None:
                self._within[one.embedded_in.type].append((one.embedded_in.link, one.type))
        self._decoders: LRUCache[tuple[str, frozenset[str]], Decode | None] = LRUCache(maxsize=_DECODERS)

    def decoder(self, resource: Resource, field_usage: FieldUsage) -> Decode | None:
        """How the resource's list is decoded for such an operation; None where all of its rows is needed."""
        wanted = field_usage.get(resource.type)
        if wanted is None or resource.type in self._whole or resource.list is None:
            return None
        # Records that are told only inside these are found by the link to them.
        links = [link for link, other in self._within.get(resource.type, ()) if other in field_usage]
        names = wanted.union(links)
        key = (resource.type, names)
        if key not in self._decoders:
            reads = _reads(resource, names)
            self._decoders[key] = None if reads is None else _decode(resource.list, reads)
        return self._decoders[key]


def _is_plain(resource: Resource) -> bool:
    """Whether nothing but fields, links and nested records looks at the rows of the resource's list."""
    spec = resource.list
    return (
        spec is not None
        and spec.ttl is Ttl.ROWS
        and spec.row_filter is None
        and spec.explode is None
        and spec.decode is None
    )


def _reads(resource: Resource, names: Iterable[str]) -> dict[str, type[Any] | None] | None:
    """The keys with what is looked at inside them (None: everything), or None where that cannot be said."""
    found: dict[str, type[Any] | None] = {
        part.by: None for part in resource.details.values() if part.by is not None
    }
    looked_at = [one for name in {"native_id", "hidden", *names} for one in _declared(resource, name)]
    if resource.get is not None and resource.get.also_known_as is not None:
        looked_at.append(resource.get.also_known_as)
    for declared in looked_at:
        reads = declared.reads
        if reads is None or (isinstance(declared, Field) and declared.raw):
            return None
        for key, inside in reads.items():
            found[key] = inside if found.get(key, inside) is inside else None
    return found


def _declared(resource: Resource, name: str) -> list[Field | Link | Nested]:
    """What a name stands for; one that ends with a dot stands for everything below it."""
    if name.endswith("."):
        return [field for known, field in resource.fields.items() if known.startswith(name)]
    found = resource.declared(name)
    return [] if found is None else [found]


def _decode(spec: List, reads: Columns) -> Decode:
    """
    A function from a list's answer to the same with only these keys in its rows.

    An answer that is not as documented is decoded whole: what is wrong then costs what it costs, and nothing else.
    """
    row = _Object(
        "Row", {key: Any if inside is None else _List[inside] for key, inside in reads.items()}, total=False
    )
    keys = (*spec.envelope_keys, *USUAL)
    beside = [spec.next_path, spec.total_path]
    if spec.paging is not None:
        beside += [spec.paging.total_path, spec.paging.pages_path]
    around: dict[str, Any] = {path.split(".", 1)[0]: Any for path in beside if path is not None}
    around |= dict.fromkeys(keys, _List[row])
    bare = msgspec.json.Decoder(_List[row], float_hook=EXACT)
    inside = msgspec.json.Decoder(_Object("Answer", around, total=False), float_hook=EXACT)

    def read(body: bytes) -> Any:
        first = body[:64].lstrip()[:1]
        try:
            if first == b"[":
                return bare.decode(body)
            if first == b"{":
                found = inside.decode(body)
                if any(key in found for key in keys):
                    return found
        except msgspec.DecodeError:
            pass
        return read_json(body)

    return NarrowDecoder(read)
