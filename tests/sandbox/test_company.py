"""The made-up company: the same for a seed, and as untidy as a real one."""

import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest

from gateway.sandbox import make_company, written
from gateway.sandbox.generate import NOW, VENDORS
from gateway.sandbox.words import PLACEHOLDER_SERIALS


def plain(serial: str) -> str:
    return "".join(serial.upper().split())


def test_equal_seeds_make_equal_companies_and_others_do_not() -> None:
    assert make_company(seed=7, assets=60) == make_company(seed=7, assets=60)
    assert make_company(seed=7, assets=60).devices != make_company(seed=8, assets=60).devices


def test_the_company_does_not_depend_on_the_process() -> None:
    program = """if True:
        import hashlib
        from gateway.sandbox import make_company
        devices = make_company(assets=60).devices
        told = repr([(device.serial_number, device.created_at, sorted(device.vendors)) for device in devices])
        print(hashlib.sha256(told.encode()).hexdigest())
    """
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(told) == 1


def test_as_many_assets_as_asked_for_and_half_as_many_tickets() -> None:
    company = make_company(assets=400)
    assert (len(company.devices), len(company.tickets)) == (400, 200)
    assert (len(company.people), len(company.sites)) == (120, 8)
    assert len(make_company(assets=1).tickets) == 1
    with pytest.raises(ValueError, match="at least 1"):
        make_company(assets=0)


def test_numbers_lead_to_what_they_name() -> None:
    company = make_company()
    for rows in (company.sites, company.people, company.devices, company.tickets):
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    for device in company.devices:
        assert 1 <= device.site <= len(company.sites)
        assert device.holder is None or company.people[device.holder - 1].site == device.site
        assert (device.holder is None) or device.state == "deployed"
    for ticket in company.tickets:
        assert 1 <= ticket.requester <= len(company.people)
        assert ticket.assignee is None or company.people[ticket.assignee - 1].role == "technician"


def test_nothing_happens_after_now_or_before_it_began() -> None:
    company = make_company()
    times = [(row.created_at, row.updated_at) for row in company.devices]
    times += [(row.created_at, row.updated_at) for row in company.tickets]
    assert all(created <= updated <= NOW for created, updated in times)
    assert all(before.created_at <= after.created_at for before, after in pairwise(company.tickets))
    assert all(
        (ticket.closed_at is not None) == (ticket.state in {"resolved", "closed"})
        for ticket in company.tickets
    )


def test_devices_are_spread_over_the_vendors() -> None:
    company = make_company()
    known = Counter(vendor for device in company.devices for vendor in device.vendors)
    assert set(known) == set(VENDORS)
    assert min(known.values()) > 50
    assert all(("s3s" in device.vendors) == (device.kind == "Server") for device in company.devices)
    everywhere = [
        device for device in company.devices if device.vendors >= {"tether", "fiwit", "halo", "revnue"}
    ]
    assert len(everywhere) >= 24
    assert sum(len(device.vendors) == 1 for device in company.devices) >= 24
    assert any(len(device.vendors) == 5 for device in company.devices)


def test_the_data_is_untidy() -> None:
    company = make_company()
    serials = [device.serial_number for device in company.devices]
    assert {"N/A", "To be filled by O.E.M."} <= set(serials)
    assert len({serial for serial in serials if serial not in PLACEHOLDER_SERIALS}) > 380
    assert any(device.purchase_date is None for device in company.devices)
    assert any(device.purchase_cost is None for device in company.devices)
    assert any(device.warranty_end is None for device in company.devices)
    assert any(device.state == "retired" for device in company.devices)
    names = [f"{person.first_name} {person.last_name}" for person in company.people]
    assert any("'" in name for name in names)
    assert any(not name.isascii() for name in names)
    assert max(map(len, names)) > 40
    assert all(person.email.isascii() for person in company.people)
    assert len({person.email for person in company.people}) == 120


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_serial_number_is_written_in_several_ways_that_mean_the_same(vendor: str) -> None:
    forms = {written("CN-0A1B-44.x9", vendor, number) for number in range(1, 40)}
    assert len(forms) == 6
    assert {plain(form) for form in forms} == {"CN-0A1B-44.X9"}


def test_the_same_device_is_written_differently_at_two_vendors() -> None:
    forms = [{written("C02XL123456", vendor, number) for vendor in VENDORS} for number in range(1, 13)]
    assert sum(len(of_one) > 1 for of_one in forms) >= 11


def test_placeholders_are_written_as_they_are() -> None:
    for serial in PLACEHOLDER_SERIALS:
        assert {written(serial, "halo", number) for number in range(40)} == {serial}


def test_an_unknown_vendor_writes_nothing() -> None:
    with pytest.raises(ValueError, match="acme"):
        written("C02XL123456", "acme", 1)
