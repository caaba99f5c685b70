"""An address below `/odata` as a query. Whatever the library raises for it is a refusal of ours."""

from collections.abc import Mapping
from functools import cached_property
from urllib.parse import parse_qsl

from odatapy.errors import ODataException, UriParserSemanticException
from odatapy.server.uri.parser import Parser as AddressParser
from odatapy.server.uri.resource import UriInfoKind

from gateway.connector.description.ids import excerpt
from gateway.tables.odata.model import EntityModel
from gateway.tables.odata.query import MetadataDocument, ODataRequest, ServiceDocument
from gateway.tables.odata.refusal import ODataRefusal, bad_request, not_implemented
from gateway.tables.odata.request.guard import check_texts
from gateway.tables.odata.request.options import entity_query
from gateway.tables.odata.request.type_model import type_model

#: OData of which we do nothing: clients do these steps themselves.
_NOT_SERVED = ("$compute", "$deltatoken", "$index", "$levels", "$schemaversion", "$id")
_OPTIONS = frozenset(
    ("filter", "select", "expand", "orderby", "top", "skip", "count", "search", "apply", "skiptoken")
)
_LONGEST_MESSAGE = 300
_JSON_FORMATS = ("json", "application/json")


class RequestParser:
    """Parses addresses against the entity model. The library and its type model are made at the first one."""

    def __init__(self, model: EntityModel) -> None:
        self.model = model

    def parse(self, path: str, query: str) -> ODataRequest:
        """The request for a path (decoded) and a query string (not decoded). Raises ODataRefusal."""
        options = _options(query)
        first = path.strip("/").partition("/")[0]
        _check_served(first, options)
        check_texts(path, options)
        _check_format(first, options)
        try:
            address = self._parser.parse_uri(path, query)
            if address.kind is UriInfoKind.SERVICE:
                return ServiceDocument()
            if address.kind is UriInfoKind.METADATA:
                return MetadataDocument()
            if address.kind is not UriInfoKind.RESOURCE:
                raise not_implemented(f"{excerpt(first)} is not served.")
            return entity_query(self.model, address, options)
        except ODataRefusal:
            raise
        except UriParserSemanticException as exc:
            raise _semantic(exc, address_path=path) from exc
        except ODataException as exc:
            raise bad_request(_plain(str(exc))) from exc
        except RecursionError:
            raise bad_request("The request is nested too deeply.") from None
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as exc:
            # The library is young: what it stumbles over is no request that it knows.
            raise bad_request("The request cannot be understood.") from exc

    @cached_property
    def _parser(self) -> AddressParser:
        return AddressParser(type_model(self.model))


def _options(query: str) -> Mapping[str, str]:
    """The query options by name. Raises ODataRefusal if one stands twice."""
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=None):
        key = name.strip()
        if key in options:
            raise bad_request(f"{excerpt(key)} stands twice.")
        options[key] = value
    return options


def _check_served(first: str, options: Mapping[str, str]) -> None:
    if first == "$batch":
        raise not_implemented("`$batch` is not served: send the requests one by one, or at once.")
    if first in {"$all", "$entity"} or first.startswith("$crossjoin"):
        raise not_implemented(f"{excerpt(first)} is not served.")
    for name in options:
        if name in _NOT_SERVED:
            raise not_implemented(f"`{name}` is not served.")
        if name in _OPTIONS:
            # Left out as an option of somebody else's, it would answer with other rows than meant.
            raise bad_request(f"Write `${name}`, not `{name}`.")


def _check_format(first: str, options: Mapping[str, str]) -> None:
    written = options.get("$format", "json").strip().lower()
    if first != "$metadata" and written.partition(";")[0] not in _JSON_FORMATS:
        raise ODataRefusal(406, "NotAcceptable", f"`$format` is json, not {excerpt(written)}.")


def _semantic(exc: UriParserSemanticException, *, address_path: str) -> ODataRefusal:
    """404 for a path to nothing, 400 for anything else."""
    if exc.status_code != 404:
        return bad_request(_plain(str(exc)))
    name = address_path.strip("/")
    return ODataRefusal(
        404, "NotFound", f"There is no {excerpt(name)}: `/odata` lists the sets, `$metadata` all names."
    )


def _plain(message: str) -> str:
    """The library's message on one line, and not longer than ours. It quotes the caller's text."""
    text = "".join(letter if letter.isprintable() else "?" for letter in message)
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + "…"
