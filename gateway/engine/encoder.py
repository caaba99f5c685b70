"""JSON encoder of responses."""

import msgspec

#: Decimals are written as numbers, digit for digit.
ENCODER = msgspec.json.Encoder(decimal_format="number")
