"""Certificates that Halo keeps."""

import strawberry

from schema.node import Node
from schema.source import Source


@strawberry.type(
    description=(
        "An X.509 certificate that Halo keeps for its own use. It is not an inventory of certificates: Halo "
        "tells neither when it expires nor to which asset it belongs. Halo only."
    )
)
class Certificate(Node):
    source: Source = strawberry.field(description="The Halo account that keeps it.")
    native_id: str = strawberry.field(description="Its number in Halo.")
    name: str | None = strawberry.field(description="What it is called in Halo.")
    subject: str | None = strawberry.field(description="Whom it names, such as `CN=portal.example.com`.")
    issuer: str | None = strawberry.field(description="Who signed it, such as `CN=Example Issuing CA`.")
    thumbprint: str | None = strawberry.field(
        description="Its fingerprint in hexadecimal: what to compare it by."
    )
