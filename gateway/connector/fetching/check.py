"""Validation of a source's description: all of its errors at once, before the first request."""

import difflib
from collections.abc import Collection, Iterator

from gateway.connector.description.paging import CursorPages, LinkedPages, Paging, StreamedPages
from gateway.connector.description.record_fields import known_fields
from gateway.connector.description.resource import Field, Link, Nested, Resource
from gateway.connector.description.vocabulary import FILTERS, TYPES
from gateway.connector.fetching.source import Source
from gateway.identity.fields import UNIFIED_FIELDS

_TABLES = frozenset({"TicketStatus", "TicketPriority", "AssetLicence"})


def check(source: Source) -> Iterator[str]:
    """Yield each error as `Type.field: message`."""
    types = {name for names in TYPES.values() for name in names} | _TABLES
    for name in set(source.best_for) - UNIFIED_FIELDS.keys():
        yield f"best_for: {name} is no field of a unified asset"
    for resource in source.resources.values():
        type_name = resource.type
        if type_name not in types:
            yield f"{type_name}: there is no such type"
        if "native_id" not in resource.fields:
            yield f"{type_name}: native_id is missing"
        if resource.list is None and resource.get is None and resource.embedded_in is None:
            yield f"{type_name}: nothing gives such records"
        for name in resource.filters.keys() - FILTERS.get(type_name, {}).keys():
            yield f"{type_name}: {name} is no filter of it"
        declared: dict[str, Field | Link | Nested] = {**resource.fields, **resource.links, **resource.nested}
        yield from (f"{type_name}.{name}: {error}" for name, error in _unknown_names(type_name, declared))
        yield from (f"{type_name}: {error}" for error in _list_errors(resource))
        for name, declaration in declared.items():
            yield from (f"{type_name}.{name}: {error}" for error in _errors(source, resource, declaration))


def _errors(source: Source, resource: Resource, declaration: Field | Link | Nested) -> Iterator[str]:
    if isinstance(declaration.detail, str) and declaration.detail not in resource.details:
        yield f"there is no part {declaration.detail!r}"
    if not isinstance(declaration, Field) and declaration.type not in source.resources:
        yield f"the vendor has no {declaration.type}"
    if not isinstance(declaration, Nested):
        for ref in declaration.refs:
            if ref not in source.resources or source.resources[ref].list is None:
                yield f"there is no table {ref}"


def _unknown_names(type_name: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    known = known_fields(type_name)
    if known is None:
        return
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            yield name, f"there is no such field{f': did you mean {near[0]}?' if near else ''}"


def _list_errors(resource: Resource) -> Iterator[str]:
    """Errors of a list's pagination: what another kind has, what cannot be, what does not go together."""
    spec = resource.list
    if spec is None:
        return
    if spec.paging is not None and not isinstance(spec.paging, Paging):
        yield f"{type(spec.paging).__name__} is no kind of pagination"  # type: ignore[unreachable] # untyped packages
        return
    paged = spec.pages
    if paged is not None and (spec.extra_paths or spec.fallback_path is not None):
        yield "a list with pages has one path: no extra_paths, no fallback_path"
    if spec.order is not None and paged is None:
        yield "a list is ordered by the vendor only if it has pages"
    if paged is None:
        return
    own = set(paged.first_page) | ({paged.cursor_param} if isinstance(paged, CursorPages) else set())
    for name in sorted(own & spec.params.keys()):
        yield f"its parameter {name!r} is the pagination's"
    yield from _size_errors(paged)


def _size_errors(paged: StreamedPages) -> Iterator[str]:
    if isinstance(paged, CursorPages | LinkedPages):
        if (paged.size_param is None) is not (paged.page_size is None):
            yield "size_param and page_size go together"
        is_usable = paged.page_size is None or paged.page_size > 0
    else:
        names = tuple(paged.first_page)
        if len(names) < 2:
            yield f"its pages have one parameter {names[0]!r} for two things"
        if not 1 <= paged.full_page <= max(1, paged.page_size):
            yield f"no page can have full_page={paged.full_page} rows"
        is_usable = paged.page_size > 0
    if not is_usable:
        yield f"page_size is {paged.page_size}: it must be 1 or more"
