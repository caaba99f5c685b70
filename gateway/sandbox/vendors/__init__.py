"""The vendors' APIs as they are documented, one package a vendor, over the sandbox's company."""
