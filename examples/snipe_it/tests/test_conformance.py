"""The gateway's conformance kit over the samples."""

import json
from importlib.resources import files
from typing import Any

from asset_gateway_snipe_it.sandbox import settings

from gateway.testing import Conformance, ListCase, VendorCase, answered


def sample(name: str) -> Any:
    return json.loads((files("asset_gateway_snipe_it") / "samples" / f"{name}.json").read_text("utf-8"))


CASE = VendorCase(
    name="snipe_it",
    settings=settings("http://snipe-it.test"),
    answers=lambda: {
        "/hardware": sample("hardware"),
        "/hardware/42": sample("hardware_42"),
        "/locations": sample("locations"),
        "/locations/5": sample("location_5"),
        "/users": sample("users"),
        "/users/9": sample("user_9"),
    },
    lists={
        "assets": ListCase(
            type="Asset",
            path="/hardware",
            row=sample("hardware_42"),
            envelope=lambda rows: {"total": len(rows), "rows": rows},
            relations="location { id name } assignedTo { id name }",
        )
    },
    get_path="/hardware/{id}",
    asset_id="42",
    missing=lambda: answered(sample("not_found")),
)


class TestConformance(Conformance):
    cases = (CASE,)
