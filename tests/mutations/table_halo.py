"""Halo's changes."""

from decimal import Decimal

from tests.mutations.cases import (
    NO_ASSET,
    NO_DAY,
    NO_FIELDS,
    NO_MONEY,
    NO_NAME,
    NO_OWN_ID,
    NO_STATUS,
    NO_TEXT,
    Case,
    Wrong,
    deleting,
    no_link,
)

_HALO_ASSET: Wrong = {
    "name": NO_TEXT, "assetTag": NO_NAME, "serialNumber": NO_TEXT, "manufacturer": NO_TEXT, "model": NO_TEXT,
    "status": (("AVAILABLE", "INVALID"), *NO_STATUS), "assetTypeId": NO_OWN_ID, "locationId": no_link("halo"),
    "assignedToId": no_link("halo", "Agent"), "ipAddress": NO_TEXT, "purchaseDate": NO_DAY,
    "purchaseCost": NO_MONEY, "warrantyEndDate": NO_DAY, "notes": NO_TEXT, "customFields": NO_FIELDS,
}  # fmt: skip
_HALO_TICKET: Wrong = {
    "subject": NO_NAME, "description": NO_TEXT, "status": (("DONE", "BAD_USER_INPUT"), ("UNKNOWN", "INVALID")),
    "priority": (("NOW", "BAD_USER_INPUT"), ("UNKNOWN", "INVALID")), "ticketTypeId": NO_OWN_ID,
    "requesterId": no_link("halo", "Agent"), "assigneeId": no_link("halo", "Person"),
    "locationId": no_link("halo"), "customFields": NO_FIELDS,
}  # fmt: skip
_HALO_LICENCE: Wrong = {
    "name": NO_NAME, "quantity": ((-1, "INVALID"), (1.5, "BAD_USER_INPUT"), ("5", "BAD_USER_INPUT")),
    "licenceType": (("subscription", "INVALID"), ("-1", "INVALID")), "startDate": NO_DAY, "endDate": NO_DAY,
    "purchasePrice": NO_MONEY,
}  # fmt: skip

HALO = (
    Case(
        operation="halo.asset.create",
        mutation="createAsset",
        input_values=lambda f: {
            "source": "halo", "assetTypeId": "14", "locationId": f"halo:Location:{f.location}", "assetTag": "SRV-9",
            "assignedToId": f"halo:Person:{f.person}", "warrantyEndDate": "2030-01-02", "notes": "n",
        },
        sent=lambda f: (
            "POST",
            "/api/Asset",
            [
                {
                    "assettype_id": 14, "site_id": int(f.location), "inventory_number": "SRV-9",
                    "users": [{"id": int(f.person)}], "warranty_end": "2030-01-02T00:00:00", "notes": "n",
                }
            ],
        ),
        row=lambda f: {
            "assettype_id": 14, "site_id": int(f.location), "inventory_number": "SRV-9",
            "users": [{"id": int(f.person)}], "warranty_end": "2030-01-02T00:00:00", "notes": "n",
            "inactive": False, "warranty_start": "1900-01-01T00:00:00",
        },
        shown={"assetTag": "SRV-9", "notes": "n"},
        wrong=_HALO_ASSET,
        without=frozenset({"categoryId"}),
        named=("warranty_end", "warrantyEndDate"),
    ),
    Case(
        operation="halo.asset.update",
        mutation="updateAsset",
        input_values=lambda f: {"id": f"halo:Asset:{f.asset}", "notes": "n", "purchaseCost": "12.50"},
        sent=lambda f: (
            "POST",
            "/api/Asset",
            [{"notes": "n", "item_cost": Decimal("12.50"), "id": int(f.asset)}],
        ),
        row=lambda _: {"notes": "n", "item_cost": 12.5},
        shown={"notes": "n", "purchaseCost": "12.5"},
        wrong=_HALO_ASSET,
        without=frozenset({"categoryId"}),
        named=("notes", "notes"),
        settles=True,
    ),
    deleting("halo.asset.delete", "deleteAsset", "/api/Asset", "Asset", "asset"),
    Case(
        operation="halo.ticket.create",
        mutation="createTicket",
        input_values=lambda f: {
            "source": "halo", "subject": "S", "description": "D", "status": "IN_PROGRESS",
            "requesterId": f"halo:Person:{f.person}", "assetIds": [f"halo:Asset:{f.asset}"] * 2,
        },
        sent=lambda f: (
            "POST",
            "/api/Tickets",
            [
                {
                    "summary": "S", "details": "D", "status_id": 2, "user_id": int(f.person),
                    "assets": [{"id": int(f.asset)}],
                }
            ],
        ),
        row=lambda f: {
            "summary": "S", "details": "D", "status_id": 2, "user_id": int(f.person),
            "assets": [{"id": int(f.asset)}],
        },
        shown={"subject": "S", "description": "D", "status": "IN_PROGRESS"},
        wrong={**_HALO_TICKET, "assetIds": ((["halo:Person:1"], "INVALID"), (["x"], "BAD_USER_INPUT"))},
        named=("summary", "subject"),
    ),
    Case(
        operation="halo.ticket.update",
        mutation="updateTicket",
        input_values=lambda f: {"id": f"halo:Ticket:{f.ticket}", "subject": "S", "description": "D"},
        sent=lambda f: (
            "POST",
            "/api/Tickets",
            [{"summary": "S", "details": "D", "id": int(f.ticket or 0)}],
        ),
        row=lambda _: {"summary": "S", "details": "D"},
        shown={"subject": "S", "description": "D"},
        wrong=_HALO_TICKET,
        named=("details", "description"),
        settles=True,
    ),
    deleting("halo.ticket.delete", "deleteTicket", "/api/Tickets", "Ticket", "ticket"),
    Case(
        operation="halo.licence.create",
        mutation="createLicence",
        input_values=lambda _: {
            "source": "halo", "name": "L", "quantity": 5, "licenceType": "2", "startDate": "2026-01-01",
            "purchasePrice": "10.25", "organisationId": "12",
        },
        sent=lambda _: (
            "POST",
            "/api/SoftwareLicence",
            [
                {
                    "name": "L", "count": 5, "type": 2, "start_date": "2026-01-01T00:00:00",
                    "purchase_price": Decimal("10.25"), "client_id": 12,
                }
            ],
        ),
        row=lambda _: {
            "name": "L", "count": 5, "type": 2, "start_date": "2026-01-01T00:00:00",
            "end_date": "1900-01-01T00:00:00", "purchase_price": 10.25, "client_id": 12, "notes": "",
        },
        shown={"name": "L", "quantity": 5, "licenceType": "2", "startDate": "2026-01-01", "purchasePrice": "10.25"},
        wrong={**_HALO_LICENCE, "organisationId": NO_OWN_ID},
        named=("start_date", "startDate"),
    ),
    Case(
        operation="halo.licence.update",
        mutation="updateLicence",
        input_values=lambda f: {"id": f"halo:Licence:{f.licence}", "quantity": 7, "endDate": None},
        sent=lambda f: (
            "POST",
            "/api/SoftwareLicence",
            [{"count": 7, "end_date": "1900-01-01T00:00:00", "id": int(f.licence or 0)}],
        ),
        row=lambda _: {"count": 7, "end_date": "1900-01-01T00:00:00"},
        shown={"quantity": 7, "endDate": None},
        wrong=_HALO_LICENCE,
        named=("count", "quantity"),
        settles=True,
    ),
    deleting("halo.licence.delete", "deleteLicence", "/api/SoftwareLicence", "Licence", "licence"),
    Case(
        operation="halo.meterReading.create",
        mutation="createMeterReading",
        input_values=lambda f: {
            "assetId": f"halo:Asset:{f.asset}", "meterName": "Mono", "reading": "9000000",
            "takenAt": "2026-11-01T10:00:00+02:00", "reason": "read",
        },
        sent=lambda f: (
            "POST",
            "/api/MeterReading",
            [
                {
                    "asset_id": int(f.asset), "meter_name": "Mono", "reading": 9_000_000,
                    "timestamp": "2026-11-01T08:00:00Z", "reason": "read",
                }
            ],
        ),
        row=lambda f: {
            "asset_id": int(f.asset), "meter_name": "Mono", "reading": 9_000_000,
            "timestamp": "2026-11-01T08:00:00Z", "reason": "read", "ticket_id": 0,
        },
        shown={"meterName": "Mono", "reading": "9000000", "takenAt": "2026-11-01T08:00:00Z", "reason": "read"},
        wrong={
            "assetId": NO_ASSET, "meterName": NO_TEXT, "reason": NO_TEXT,
            "reading": (("1.5", "INVALID"), ("many", "BAD_USER_INPUT"), ("1e30", "INVALID")),
            "takenAt": (("yesterday", "BAD_USER_INPUT"), ("2026-11-01", "BAD_USER_INPUT")),
        },
        named=("reading", "reading"),
    ),
    Case(
        operation="halo.changeRecord.create",
        mutation="createAssetChange",
        input_values=lambda f: {
            "assetId": f"halo:Asset:{f.asset}", "field": "Memory", "oldValue": "8", "newValue": "16",
        },
        sent=lambda f: (
            "POST",
            "/api/AssetChange",
            [{"asset_id": int(f.asset), "field_name": "Memory", "old_value": "8", "new_value": "16"}],
        ),
        row=lambda f: {
            "asset_id": int(f.asset), "field_name": "Memory", "old_value": "8", "new_value": "16", "field_id": 0,
        },
        shown={"field": "Memory", "oldValue": "8", "newValue": "16"},
        wrong={"assetId": NO_ASSET, "field": NO_NAME, "oldValue": NO_TEXT, "newValue": NO_TEXT},
        named=("field_name", "field"),
    ),
    Case(
        operation="halo.certificate.create",
        mutation="createCertificate",
        input_values=lambda _: {
            "source": "halo", "name": "C", "subject": "CN=x", "issuer": "CN=y", "thumbprint": "AB",
            "vendorFields": {"new_password": "secret"},
        },
        sent=lambda _: (
            "POST",
            "/api/Certificate",
            [{"name": "C", "subject": "CN=x", "issuer": "CN=y", "thumbprint": "AB", "new_password": "secret"}],
        ),
        row=lambda _: {
            "name": "C", "subject": "CN=x", "issuer": "CN=y", "thumbprint": "AB", "attachment_id": 0,
            "attachment_name": "",
        },
        shown={"name": "C", "subject": "CN=x", "issuer": "CN=y", "thumbprint": "AB"},
        wrong={"name": NO_NAME, "subject": NO_TEXT, "issuer": NO_TEXT, "thumbprint": NO_TEXT},
        named=("thumbprint", "thumbprint"),
    ),
    Case(
        operation="halo.licenceInfo.create",
        mutation="createLicenceInfo",
        input_values=lambda f: {
            "source": "halo", "name": "Acme", "locationId": f"halo:Location:{f.location}", "version": "2.185.0",
            "apiUrl": "https://acme.halo.example/api", "trialEndsOn": "2027-01-31",
            "vendorFields": {"is_trial": True},
        },
        sent=lambda f: (
            "POST",
            "/api/LicenseInfo",
            [{
                "organisationname": "Acme", "site_id": int(f.location), "version": "2.185.0",
                "apiurl": "https://acme.halo.example/api", "trialexpiry": "2027-01-31T00:00:00", "is_trial": True,
            }],
        ),
        row=lambda f: {
            "organisationname": "Acme", "site_id": int(f.location), "version": "2.185.0",
            "apiurl": "https://acme.halo.example/api", "trialexpiry": "2027-01-31T00:00:00", "is_trial": True,
        },
        shown={
            "name": "Acme", "version": "2.185.0", "apiUrl": "https://acme.halo.example/api",
            "trialEndsOn": "2027-01-31", "isTrial": True,
        },
        wrong={
            "name": NO_NAME, "version": NO_TEXT, "apiUrl": NO_TEXT, "locationId": no_link("halo"),
            "trialEndsOn": NO_DAY,
        },
        named=("version", "version"),
    ),
    deleting("halo.certificate.delete", "deleteCertificate", "/api/Certificate", "Certificate", "certificate"),
)  # fmt: skip
