"""
A vendor's rows as records of our types: lazily converted, one by one or column by column.

Gives `Record`, `Rows`, column reads (`column_reader`), reference tables, and decoders for the columns that an operation
uses (`narrow_decoding`).
"""
