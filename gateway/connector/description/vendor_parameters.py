"""Vendor parameters: query parameters of a vendor's list, which a caller can pass under the vendor's own names."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from gateway.connector.description.ids import excerpt
from gateway.connector.description.resource import NUMBER, Filter
from gateway.connector.description.row_types import Params
from gateway.errors import BadInput

#: The name of the filter in the vocabulary.
FILTER = "vendorParameters"
_LONGEST = 500

Check = Callable[[str], bool]


def own_parameters(checks: Mapping[str, Check], *, all_or_none: tuple[str, ...] = ()) -> Filter:
    """
    Filter of the documented parameters of a vendor's list, each with a check of its values.

    The parameters in `together` are valid only all together. Only the vendor knows which records match: its answer is
    not filtered again here.

    >>> parameters = own_parameters({"serial_number": is_text})
    >>> parameters.push("eq", encode_parameters({"serial_number": "5CG0"}))
    {'serial_number': '5CG0'}
    """

    def push(_: str, encoded: Any) -> Params:
        params: Params = json.loads(encoded)
        for name, value in params.items():
            check = checks.get(name)
            if check is None:
                raise BadInput(
                    f"This vendor's list has no parameter {excerpt(name)} here: it has {', '.join(sorted(checks))}."
                )
            if not check(value):
                raise BadInput(f"The vendor's parameter {name} cannot be {excerpt(value)}.")
        if 0 < len(params.keys() & set(all_or_none)) < len(all_or_none):
            raise BadInput(f"The vendor's parameters {', '.join(all_or_none)} are given all together.")
        return params

    return Filter(push=push, exact=True, membership=True)


def encode_parameters(parameters: Any) -> str:
    """Encoded parameters: JSON with sorted keys, equal for equal parameters. Raises BadInput if they are invalid."""
    if not isinstance(parameters, Mapping) or not parameters:
        raise BadInput(f'`{FILTER}` takes names and values, such as {{serial_number: "5CG0"}}.')
    params: dict[str, str] = {}
    for name, value in parameters.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise BadInput(f"The vendor's parameter {excerpt(str(name))} takes text or a whole number.")
        params[str(name)] = str(value)
    return json.dumps(params, sort_keys=True)


def is_text(value: str) -> bool:
    """True if a value is text that is not blank, printable, and of bounded length."""
    return len(value.strip()) > 0 and len(value) <= _LONGEST and value.isprintable()


def is_number(value: str) -> bool:
    """True if a value is a whole number without a sign, as most native ids are."""
    return NUMBER.fullmatch(value) is not None
