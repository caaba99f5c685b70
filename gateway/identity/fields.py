"""Fields that a unified asset takes from its records, in the schema's words, and how two values of one are compared."""

from enum import Enum, auto


class FieldKind(Enum):
    """Way of comparing the values of a field."""

    TEXT = auto()  # without case and punctuation
    ADDRESS = auto()  # of the Internet protocol, in any spelling
    NUMBER = auto()  # as a serial number
    TAG = auto()
    MAKER = auto()  # by family
    MODEL = auto()  # by what they have in common
    STATUS = auto()
    PLACE = auto()
    PERSON = auto()
    DAY = auto()  # within one day
    AMOUNT = auto()  # within 0.01
    CARD = auto()
    TERM = auto()  # warranty or support: by its end


UNIFIED_FIELDS: dict[str, FieldKind] = {
    "name": FieldKind.TEXT,
    "assetTag": FieldKind.TAG,
    "serialNumber": FieldKind.NUMBER,
    "manufacturer": FieldKind.MAKER,
    "model": FieldKind.MODEL,
    "status": FieldKind.STATUS,
    "category": FieldKind.TEXT,
    "location": FieldKind.PLACE,
    "assignedTo": FieldKind.PERSON,
    "organisation": FieldKind.TEXT,
    "ipAddress": FieldKind.ADDRESS,
    "macAddress": FieldKind.CARD,
    "purchaseDate": FieldKind.DAY,
    "purchaseCost": FieldKind.AMOUNT,
    "warranty": FieldKind.TERM,
    "support": FieldKind.TERM,
}
