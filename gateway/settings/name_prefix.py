"""Form of a prefix of GraphQL names."""

import re

NAME_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]{0,30}")
NAME_PREFIX_FORM = "begin with a letter, then letters and digits, 31 at most"
