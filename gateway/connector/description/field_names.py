"""Fields that customers name themselves: which of ours a customer's name stands for."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

#: What customers call them, in a few languages. A source's settings add to these or replace them.
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
def folded(name: str) -> str:
    """
    A name as names are compared: letters and digits only.

    >>> folded(" Serial_No. ") == folded("serial no")
    True
    """
    return re.sub(r"[\W_]+", "", name.casefold())


def synonym_of(names: Iterable[str]) -> dict[str, int]:
    """The names as they are compared, each with its rank: the first one that a record has is taken."""
    ranks: dict[str, int] = {}
    for rank, name in enumerate(names):
        ranks.setdefault(folded(name), rank)
    return ranks
