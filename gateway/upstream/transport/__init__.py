"""
Connections: the transport's interface, our own HTTP/1.1 client over it, and httpx.

Gives `choose.make_transport` and `interface.Transport`.
"""
