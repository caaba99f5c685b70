"""The frame for a simulator of a vendor's API: a made-up company, tables of rows, JSON answers, and faults."""

from gateway.sandbox.answers import answer, encoded, read_body
from gateway.sandbox.company import Company, Device, Person, Site, TicketItem
from gateway.sandbox.faults import KINDS, Fault, Faulty
from gateway.sandbox.generate import make_company
from gateway.sandbox.table import Row, Table, row_id

__all__ = [
    "KINDS",
    "Company",
    "Device",
    "Fault",
    "Faulty",
    "Person",
    "Row",
    "Site",
    "Table",
    "TicketItem",
    "answer",
    "encoded",
    "make_company",
    "read_body",
    "row_id",
]
