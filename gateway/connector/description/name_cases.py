"""Names of the schema in Python's spelling, and back."""

import re


def snake_case(name: str) -> str:
    """
    A field's name as Python writes it.

    >>> snake_case("qrCodeUrl"), snake_case("totalIsExact")
    ('qr_code_url', 'total_is_exact')
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def camel_case(name: str) -> str:
    """
    A field's name as the schema writes it.

    >>> camel_case("qr_code_url")
    'qrCodeUrl'
    """
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
