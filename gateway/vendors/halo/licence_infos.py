"""Halo's own installations. Halo API, "LicenceInfo", at `/LicenseInfo`; their password is never read."""

import re
from datetime import tzinfo

from gateway.connector.description.fields import flag, identity, link, text
from gateway.connector.description.resource import Resource
from gateway.vendors.halo.lists import NO_ID, day, moment, paged_list
from gateway.vendors.halo.writes import LICENCE_INFO_ACTIONS


def licence_infos(zone: tzinfo) -> Resource:
    """Installations. Their ids are UUIDs."""
    return Resource(
        type="LicenceInfo",
        # a UUID, or a number as elsewhere: no word such as `password`, which is an address of its own
        id_form=re.compile(r"[0-9]{1,18}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
        list=paged_list("/LicenseInfo", "licenceinfo", "licenseinfo", "licences"),
        actions=LICENCE_INFO_ACTIONS,
        fields={
            "native_id": identity("id"),
            "name": text("organisationname"),
            "organisation": text("client_name"),
            "version": text("version"),
            "api_url": text("apiurl"),
            "is_trial": flag("is_trial"),
            "support_type": text("support_type"),
            "trial_ends_on": day("trialexpiry"),
            "registered_at": moment("registrationdate", zone=zone),
        },
        links={"location": link("Location", "site_id", null_ids=NO_ID)},
    )
