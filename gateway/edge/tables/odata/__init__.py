"""`/odata`: the kept tables for Power BI, Excel, Tableau and other clients of OData 4.0."""
