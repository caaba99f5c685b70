"""
A vendor's rows as records of our types, converted lazily, by record or by column.

Gives `Record`, `RecordRows`, column reads (`column_reader`), reference tables, and decoders for the columns that an
operation uses (`narrow_decoding`).
"""
