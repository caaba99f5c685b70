"""The vendor sandbox: the five vendors' APIs as they are documented, over one made-up company's data."""

from gateway.sandbox.company import Company, Device, Person, Site, TicketItem
from gateway.sandbox.generate import make_company, written

__all__ = ["Company", "Device", "Person", "Site", "TicketItem", "make_company", "written"]
