"""The vendor-neutral machine: it runs what the vendors' folders declare."""
