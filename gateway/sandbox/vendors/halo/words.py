"""What the sandbox's Halo tenant is set up with: types, fields, statuses, priorities, products, contracts."""

from typing import NamedTuple


class AssetKind(NamedTuple):
    """An asset type. Its key fields are ids of FIELDS: not every type has the serial number among them."""

    id: int
    name: str
    group: int
    key_fields: tuple[int, ...]
    fields: tuple[int, ...]
    tag_prefix: str


class Product(NamedTuple):
    """A licence that the company holds. `devices` are the kinds of device it is installed on."""

    id: int
    name: str
    manufacturer: str
    type: int
    price: float
    cycle: str
    term: str
    quantity: int
    devices: tuple[str, ...]
    version: str


class Status(NamedTuple):
    """A status of tickets (type 0) or of assets (type 1): one id space for both."""

    id: int
    name: str
    short_name: str
    type: int
    colour: str


SERIAL, HOSTNAME, MAC, IP, IMEI, MODEL, MAKER, SYSTEM = 51, 52, 60, 61, 73, 117, 118, 140
FIELDS = {
    SERIAL: "Serial Number",
    HOSTNAME: "Hostname",
    MAC: "MAC Address",
    IP: "IP Address",
    IMEI: "IMEI",
    MODEL: "Model",
    MAKER: "Manufacturer",
    SYSTEM: "Operating System",
}
LOOKUPS = {MAKER: 84, SYSTEM: 91}
SYSTEMS = ("Windows 11 Pro", "macOS 15", "Ubuntu Server 24.04", "Windows Server 2022", "Android 15", "iOS 18")

GROUPS = {5: "Client Computing", 6: "Infrastructure", 7: "Print & Mobile"}
ASSET_KINDS = {
    "Desktop": AssetKind(
        12, "Workstation", 5, (SERIAL, MODEL), (SERIAL, MODEL, MAKER, HOSTNAME, MAC, IP, SYSTEM), "IT-"
    ),
    "Laptop": AssetKind(
        13, "Laptop", 5, (SERIAL, MODEL, HOSTNAME), (SERIAL, MODEL, HOSTNAME, MAKER, MAC, IP, SYSTEM), "IT-"
    ),
    "Server": AssetKind(
        14, "Server", 6, (HOSTNAME, SERIAL), (HOSTNAME, SERIAL, MODEL, MAKER, MAC, IP, SYSTEM), "SRV-"
    ),
    "Printer": AssetKind(21, "Printer", 7, (MODEL, IP), (MODEL, IP, SERIAL, MAKER, HOSTNAME, MAC), "IT-"),
    "Phone": AssetKind(
        22, "Mobile Phone", 7, (IMEI, MODEL, SERIAL), (IMEI, MODEL, SERIAL, MAKER, SYSTEM), "IT-"
    ),
    "Switch": AssetKind(
        27, "Network Device", 6, (HOSTNAME, SERIAL), (HOSTNAME, SERIAL, MODEL, MAKER, MAC, IP), "IT-"
    ),
    "Monitor": AssetKind(31, "Monitor", 5, (SERIAL, MODEL), (SERIAL, MODEL, MAKER, HOSTNAME), "IT-"),
}

DEPARTMENT, COST_CENTRE = 241, 256
CUSTOM_FIELDS = {DEPARTMENT: ("CFDepartment", "Department"), COST_CENTRE: ("CFCostCentre", None)}
DEPARTMENTS = ("Research", "Finance", "Field Service", "People", "Sales")

STATUSES = (
    Status(1, "New", "New", 0, "#2bd3c6"),
    Status(2, "In Progress", "Prog", 0, "#08a3d0"),
    Status(3, "Action Required", "Act", 0, "#ffa500"),
    Status(4, "With User", "User", 0, "#8a8a8a"),
    Status(5, "On Hold", "Hold", 0, "#b0b0b0"),
    Status(7, "Resolved", "Res", 0, "#57a957"),
    Status(8, "Cancelled", "Canc", 0, "#a1a1a1"),
    Status(9, "Closed", "Clsd", 0, "#404040"),
    Status(31, "In Stock", "Stock", 1, "#08a3d0"),
    Status(32, "Active", "Act", 1, "#57a957"),
    Status(33, "In Repair", "Rep", 1, "#ffa500"),
    Status(34, "Decommissioned", "Dec", 1, "#404040"),
)
CLOSED_STATUSES = frozenset({8, 9})
ON_HOLD_STATUS = 5
TICKET_STATUS = {"new": 1, "in progress": 2, "on hold": 5, "resolved": 7, "closed": 9}
ASSET_STATUS = {"available": 31, "deployed": 32, "maintenance": 33, "retired": 34}

PRIORITIES = {
    1: {1: "Critical", 2: "High", 3: "Medium", 4: "Low"},
    2: {1: "P1 - Site down", 2: "P2 - High", 3: "P3 - Medium", 4: "P4 - Low"},
}
SLAS = {1: "Gold", 2: "Silver"}
TICKET_PRIORITY = {"urgent": 1, "high": 2, "medium": 3, "low": 4}

SUPPLIERS = {9: "Pennine IT Supplies Ltd", 11: "Kanaal Hardware NV", 16: "BTO Systems"}
CONTRACTS = (
    # id, ref, client, start, end
    (71, "BRA-MANAGED-001", 12, "2024-07-01T00:00:00", "2027-06-30T00:00:00"),
    (74, "BRA-PRINT-002", 12, "2025-01-01T00:00:00", "2026-12-31T23:59:59.997"),
    (79, "BRL-MANAGED-001", 17, "2025-10-01T00:00:00Z", "1900-01-01T00:00:00"),
)
UNKNOWN_CLIENT, MAIN_CLIENT, DAUGHTER_CLIENT = 1, 12, 17

PRODUCTS = (
    Product(207, "Microsoft 365 Business Premium", "Microsoft", 3, 20.6, "Monthly", "P1Y", 130,
            ("Laptop", "Desktop"), "16.0.17928"),
    Product(208, "Visio Plan 2", "Microsoft", 3, 14.0, "Monthly", "P1M", 15, ("Laptop",), "16.0.17928"),
    Product(211, "Windows Server 2022 Standard (16 core)", "Microsoft", 1, 1069.0, "One-time", "", 24,
            ("Server",), "21H2"),
    Product(214, "Adobe Creative Cloud All Apps", "Adobe", 3, 68.47, "Annual", "P1Y", 20,
            ("Laptop",), "2026.2"),
    Product(219, "JetBrains All Products Pack", "JetBrains", 3, 289.0, "Annual", "P1Y", 25,
            ("Laptop", "Desktop"), "2026.1.2"),
    Product(223, "Veeam Backup & Replication Universal", "Veeam", 2, 428.0, "Annual", "P3Y", 40,
            ("Server",), "12.3.1"),
    Product(226, "ESET PROTECT Advanced", "ESET", 2, 31.2, "Annual", "P1Y", 300,
            ("Laptop", "Desktop", "Server"), "11.1.2063"),
    Product(230, "Lansweeper Starter", "Lansweeper", 2, 199.0, "Monthly", "P1M", 1, (), ""),
    Product(233, "AutoCAD LT", "Autodesk", 3, 505.0, "Annual", "P1Y", 4, ("Desktop",), "2026"),
    Product(240, "Office 2016 Standard", "Microsoft", 1, 373.95, "One-time", "", 80, (), "16.0"),
    Product(241, "Sophos Endpoint (replaced)", "Sophos", 2, 28.0, "Annual", "P1Y", 120, (), ""),
)  # fmt: skip
ENDED_PRODUCTS = frozenset({240, 241})
DELETED_PRODUCTS = frozenset({241})
FREE_SOFTWARE = (
    ("Mozilla Firefox", "143.0.1"), ("7-Zip", "24.09 (x64)"), ("Google Chrome", "140.0.7339.81"),
    ("VLC media player", "3.0.21"), ("Notepad++", "8.8.1"), ("PuTTY release", "0.83"),
)  # fmt: skip

SECRETS = {
    "teamviewerpassword": "sandbox-canary-teamviewer-7Q4mZk",
    "licence_password": "sandbox-canary-licence-v9XcT2",
}
