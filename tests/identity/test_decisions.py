import pytest

from gateway.identity import InvalidDecisions, parse_decisions

SOURCES = ("tether", "halo", "fiwit")


def _faults(table: dict[str, object]) -> tuple[str, ...]:
    with pytest.raises(InvalidDecisions) as caught:
        parse_decisions(table, sources=SOURCES)
    return caught.value.faults


def test_all_faults_are_named_at_once() -> None:
    faults = _faults(
        {
            "sames": [],
            "same": [["halo:Asset:1", "sap:Asset:2"], ["halo:Ticket:1", "tether"], ["halo:Asset:3"]],
            "different": "halo",
            "asset_tags": [{"shared_by": ["tether", "nowhere/Pine"], "why": ""}],
            "ignore_serial_numbers": [7],
            "prefer": {"colour": ["halo"], "name": "best", "model": ["sap"]},
        }
    )
    text = "\n".join(faults)
    for part in (
        "identity.sames: unknown",
        "same[0]: unknown source sap",
        "same[1]: halo:Ticket:1 is no asset's id",
        "same[1]: tether is no asset's id",
        "same[2]: names fewer than two records",
        "identity.different: must be a list",
        "asset_tags[0].why: unknown",
        "shared_by: unknown source nowhere",
        "ignore_serial_numbers: must be a list of texts",
        "prefer.colour: unknown field",
        'prefer.name: must be a list of sources, "newest" or "most"',
        "prefer.model: unknown source sap",
    ):
        assert part in text, text


def test_what_contradicts_itself_is_named_also_through_others() -> None:
    same = [["halo:Asset:1", "tether:Asset:1"], ["tether:Asset:1", "fiwit:Asset:1"]]
    (fault,) = _faults({"same": same, "different": [["halo:Asset:1", "fiwit:Asset:1"]]})
    assert fault == (
        "identity: fiwit:Asset:1 and halo:Asset:1 are declared different, but also the same, through tether:Asset:1"
    )


def test_a_source_shares_its_tags_once() -> None:
    twice = [{"shared_by": ["tether", "halo"]}, {"shared_by": ["halo/Pine & Sons", "fiwit"]}]
    assert "halo is named whole" in _faults({"asset_tags": twice})[0]


def test_organisations_are_compared_without_case() -> None:
    decisions = parse_decisions(
        {"asset_tags": [{"shared_by": ["tether", "halo/Pine & Sons"]}]}, sources=SOURCES
    )
    assert decisions.tag_scope("halo", "PINE & sons") == decisions.tag_scope("tether", None) == 0
    assert decisions.tag_scope("halo", "Oak") is None
