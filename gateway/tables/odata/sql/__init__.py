"""SQL of OData queries: every value is bound, every name is one of the model's."""
