"""
Declarations of a vendor: dataclasses of data, their constructors, and value conversions.

Gives `Vendor`, `Resource`, `List`, `Get` (`resource`), `Action` (`actions`), constructors for fields (`fields`) and for
values that are written (`write_fields`), conversions (`convert`), and the types' names and filters (`vocabulary`).
"""
