"""
The made-up company whose assets, people, tickets and licences the vendor sandbox serves.

One company, seen by five vendors: a device is known to several of them under differently written serial
numbers, as it is in life. Everything is deterministic for a seed.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who works for the company."""

    number: int
    first_name: str
    last_name: str
    email: str
    phone: str | None
    role: str  # "employee" | "technician"
    site: int  # number of the Site where they work


@dataclass(frozen=True, kw_only=True)
class Site:
    """A place of the company."""

    number: int
    name: str
    code: str
    address: str
    city: str
    region: str
    country: str
    postal_code: str
    timezone: str


@dataclass(frozen=True, kw_only=True)
class Device:
    """A physical thing, as the company knows it. Each vendor tells its own part of it, in its own words."""

    number: int
    name: str
    asset_tag: str
    serial_number: str  # as the maker writes it
    kind: str  # "Laptop" | "Desktop" | "Server" | "Printer" | "Phone" | "Switch" | "Monitor"
    manufacturer: str
    model: str
    state: str  # "available" | "deployed" | "maintenance" | "retired"
    site: int
    holder: int | None  # number of the Person who has it
    purchase_date: date | None
    purchase_cost: Decimal | None
    warranty_end: date | None
    ip_address: str | None
    mac_address: str | None
    notes: str
    created_at: datetime
    updated_at: datetime
    vendors: frozenset[str]  # which vendors know it: "s3s", "tether", "fiwit", "halo", "revnue"


@dataclass(frozen=True, kw_only=True)
class TicketItem:
    """A request for help."""

    number: int
    subject: str
    description: str
    state: str  # "new" | "in progress" | "on hold" | "resolved" | "closed"
    priority: str  # "low" | "medium" | "high" | "urgent"
    kind: str
    requester: int
    assignee: int | None
    device: int | None
    site: int
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Company:
    """Everything the sandbox knows. Numbers are 1-based and index into these tuples (number - 1)."""

    name: str
    seed: int
    now: datetime
    sites: tuple[Site, ...]
    people: tuple[Person, ...]
    devices: tuple[Device, ...]
    tickets: tuple[TicketItem, ...]
