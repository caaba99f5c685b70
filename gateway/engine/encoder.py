"""How answers are written as JSON."""

import msgspec

#: Decimals are written as numbers, digit for digit.
ENCODER = msgspec.json.Encoder(decimal_format="number")
