"""Revnue contracts. Of the row, the asset page documents `id` and `number`; the other names follow Revnue's style."""

from gateway.connector.description.fields import day, identity, text
from gateway.connector.description.paging import NextAddress
from gateway.connector.description.resource import Get, List, Resource
from gateway.vendors.revnue.dates import DATES

CONTRACTS = Resource(
    type="Contract",
    list=List(
        path="/contract/",
        envelope_keys=("contracts",),
        allows_single=True,
        paging=NextAddress(next_path="next", total_path="count"),
    ),
    get=Get(path="/contract/{id}/"),
    fields={
        "native_id": identity("id"),
        "number": text("number", "contract_no", "contract_number"),
        "name": text("name", "contract_name"),
        "status": text("status", "contract_status"),
        "start_date": day("start_date", "contract_start_date", dates=DATES),
        "end_date": day("end_date", "contract_end_date", dates=DATES),
    },
)
