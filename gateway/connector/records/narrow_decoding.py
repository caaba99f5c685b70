"""
Narrow decoding (projection pushdown): of a list's rows only the keys that an operation uses are decoded.

Rows have many keys (Halo's devices more than a hundred), and an operation uses a few.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypedDict

import msgspec
from cachetools import LRUCache

from gateway.connector.description.envelope import FAILURE_KEYS, USUAL_KEYS
from gateway.connector.description.resource import Field, Link, List, Nested, Resource, Ttl
from gateway.connector.description.row_types import Columns
from gateway.upstream.http.decode import EXACT, Decode, NarrowDecoder, read_json

FieldUsage = Mapping[str, frozenset[str] | None]
"""
Names of the fields, links and nested records that an operation uses, by the type of the records; None stands for all
names. The operation has no records of a type that is missing.
"""

#: The keys are known only when a source is configured.
_Object: Any = TypedDict
_List: Any = list
#: Bound on the cached decoders of a source; operations that use the same keys share a decoder.
_MAX_DECODERS = 64


class ListDecoders:
    """Decoders of one source's lists, cached by the names that an operation uses."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        tables: set[str] = set()
        for resource in resources.values():
            declared: list[Field | Link] = [*resource.fields.values(), *resource.links.values()]
            tables.update(ref for declaration in declared for ref in declaration.refs)
        self._fully_decoded = {
            name for name, resource in resources.items() if name in tables or not _is_plain(resource)
        }
        self._embedded: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for resource in resources.values():
            if resource.embedded_in is not None:
                self._embedded[resource.embedded_in.type].append((resource.embedded_in.link, resource.type))
        self._decoders: LRUCache[Hashable, Decode | None] = LRUCache(_MAX_DECODERS)

    def decoder(self, resource: Resource, field_usage: FieldUsage) -> Decode | None:
        """The decoder of the resource's list for an operation; None if its rows have to be decoded in full."""
        used = field_usage.get(resource.type)
        if used is None or resource.type in self._fully_decoded or resource.list is None:
            return None
        names = used.union(*resource.row_rules) if resource.row_rules else used
        # Records that are embedded in these rows are read through the link to them.
        if embedded := self._embedded.get(resource.type):
            names = names.union([link for link, embedded_type in embedded if embedded_type in field_usage])
        key = (id(resource), names)  # the source holds its resources
        if key not in self._decoders:
            keys_read = _keys_read(resource, names)
            self._decoders[key] = (
                None if keys_read is None else self._of_keys(resource, resource.list, keys_read)
            )
        return self._decoders[key]

    def _of_keys(self, resource: Resource, spec: List, keys_read: Columns) -> Decode:
        """One decoder for all operations that read the same keys, so that they share what it decodes."""
        key = (id(resource), frozenset(keys_read.items()))
        decoder = self._decoders.get(key)
        if decoder is None:
            decoder = self._decoders[key] = _narrow_decoder(spec, keys_read)
        return decoder


def _is_plain(resource: Resource) -> bool:
    """True if nothing but fields, links and nested records reads the rows of the resource's list."""
    spec = resource.list
    return (
        spec is not None
        and spec.ttl is Ttl.ROWS
        and spec.row_filter is None
        and spec.explode is None
        and spec.decode is None
    )


def _keys_read(resource: Resource, names: Iterable[str]) -> dict[str, type[Any] | None] | None:
    """The keys that are read, each with the type of the items in its list (None: anything); None if not known."""
    keys_read: dict[str, type[Any] | None] = {
        detail.by: None for detail in resource.details.values() if detail.by is not None
    }
    declarations = [
        declaration for name in {"native_id", "hidden", *names} for declaration in _declared(resource, name)
    ]
    if resource.get is not None and resource.get.also_known_as is not None:
        declarations.append(resource.get.also_known_as)
    for declaration in declarations:
        reads = declaration.reads
        if reads is None or (isinstance(declaration, Field) and declaration.raw):
            return None
        for key, item_type in reads.items():
            keys_read[key] = item_type if keys_read.get(key, item_type) is item_type else None
    return keys_read


def _declared(resource: Resource, name: str) -> list[Field | Link | Nested]:
    """Declarations of a name; a name that ends with a dot stands for all fields below it."""
    if name.endswith("."):
        return [field for known, field in resource.fields.items() if known.startswith(name)]
    declaration = resource.declared(name)
    return [] if declaration is None else [declaration]


def _narrow_decoder(spec: List, columns: Columns) -> Decode:
    """
    A decoder of a list's body that keeps only these keys of its rows.

    A body that is not as documented is decoded in full: that is slower, and loses nothing.
    """
    row = _Object(
        "Row",
        {key: Any if item_type is None else _List[item_type] for key, item_type in columns.items()},
        total=False,
    )
    keys = (*spec.envelope_keys, *USUAL_KEYS)
    sibling_paths = spec.paging.answer_paths if spec.paging is not None else ()
    members: dict[str, Any] = {path.split(".", 1)[0]: Any for path in sibling_paths if path is not None}
    members |= dict.fromkeys(FAILURE_KEYS, Any) | dict.fromkeys(keys, _List[row])
    list_decoder = msgspec.json.Decoder(_List[row], float_hook=EXACT)
    envelope_decoder = msgspec.json.Decoder(_Object("Answer", members, total=False), float_hook=EXACT)

    def decode(body: bytes) -> Any:
        first = body[:64].lstrip()[:1]
        try:
            if first == b"[":
                return list_decoder.decode(body)
            if first == b"{":
                answer = envelope_decoder.decode(body)
                # What an answer without rows says instead may be under any key.
                if any(answer.get(key) for key in keys):
                    return answer
        except msgspec.DecodeError:
            pass
        return read_json(body)

    return NarrowDecoder(decode)
