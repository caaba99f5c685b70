"""An explanation as a JSON document, for programs."""

from typing import Any

import msgspec

from gateway.engine.explain.steps import Explanation


def as_document(explanation: Explanation, *, with_code: bool = False) -> dict[str, Any]:
    """The steps by path and source, the calls by source, and the verdict; `with_code` also the generated code."""
    document: dict[str, Any] = {**msgspec.to_builtins(explanation), "verdict": explanation.verdict}
    projections = document.pop("projections")
    if with_code:
        # `left` is the key of the first release
        document["projections"] = [{**each, "left": each["missing_fields"]} for each in projections]
    return document
