"""
The language in which a vendor is described: dataclasses of data, constructors, and value conversions.

Gives `Vendor`, `Resource`, `List`, `Get` (`resource`), `Action` (`actions`), constructors for fields (`fields`) and for
what is written (`write_fields`), conversions (`convert`), and the types' names and filters (`vocabulary`).
"""
