"""Certificates that Halo itself uses. Halo API, "Certificate": no expiry, no asset, and never the password."""

from gateway.connector.description.fields import identity, text
from gateway.connector.description.resource import Get, Resource
from gateway.vendors.halo.lists import unpaged_list
from gateway.vendors.halo.writes import CERTIFICATE_ACTIONS

CERTIFICATES = Resource(
    type="Certificate",
    list=unpaged_list("/Certificate", "certificates"),
    get=Get(path="/Certificate/{id}", params={"includedetails": "true"}),
    actions=CERTIFICATE_ACTIONS,
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "subject": text("subject"),
        "issuer": text("issuer"),
        "thumbprint": text("thumbprint"),
    },
)
