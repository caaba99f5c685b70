"""
Coordination of writers: a lock for each record and idempotency keys, within a process and across processes.

Gives `locks` and `idempotency` (in process), their layers over files, SQLite and Valkey, and `write_coordination`,
which stacks the layers for `gateway.app`.
"""
