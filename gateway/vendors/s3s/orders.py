"""S3S orders. The API documents the path of the list, but not its rows: these are passed on unchanged."""

from gateway.connector.description.fields import computed, identity, text, value
from gateway.connector.description.resource import List, Resource
from gateway.vendors.s3s.checklists import ID, PAGES
from gateway.vendors.s3s.dates import carbon

ORDERS = Resource(
    type="Order",
    list=List(path="/assets/orders", envelope_keys=("data", "orders"), paging=PAGES),
    id_form=ID,
    fields={
        "native_id": identity("id", "order_id", "order_number", "number", "reference"),
        "status": text("status"),
        "created_at": value("created_at", "date", convert=carbon),
        "payload": computed(dict),
    },
)
