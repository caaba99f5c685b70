"""Names of custom fields: the names under which customers store our fields."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

#: Usual names of our fields, in a few languages. A source's settings add to these or replace them.
USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "serial_number": (
        "serial number",
        "serial",
        "serial no",
        "serial nr",
        "s/n",
        "service tag",
        "numéro de série",
        "numero de serie",
        "seriennummer",
        "serienummer",
    ),
    "model": ("model", "model name", "model number", "modèle", "modell"),
    "manufacturer": ("manufacturer", "make", "brand", "vendor", "fabricant", "hersteller", "marque"),
    "mac_address": ("mac address", "mac", "ethernet mac address", "adresse mac"),
    "ip_address": ("ip address", "ip", "ipv4 address", "adresse ip"),
    "purchase_date": ("purchase date", "date of purchase", "purchased", "date d'achat", "kaufdatum"),
    "purchase_cost": ("purchase cost", "purchase price", "cost", "price", "prix d'achat", "kaufpreis"),
    "warranty_end": (
        "warranty end",
        "warranty expiry",
        "warranty end date",
        "warranty until",
        "fin de garantie",
    ),
}


@lru_cache(maxsize=4096)
def normalize_name(name: str) -> str:
    """
    Normalized name, for comparison: lower case, letters and digits only.

    >>> normalize_name(" Serial_No. ") == normalize_name("serial no")
    True
    """
    return re.sub(r"[\W_]+", "", name.casefold())


def rank_names(names: Iterable[str]) -> dict[str, int]:
    """Ranks of names, by normalized name: of those that a record has, the name of the lowest rank is used."""
    ranks: dict[str, int] = {}
    for rank, name in enumerate(names):
        ranks.setdefault(normalize_name(name), rank)
    return ranks
