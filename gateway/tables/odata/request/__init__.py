"""
OData addresses to queries of our own. The library that parses them is known in this package only: its tree ends here,
and so do its exceptions.
"""
