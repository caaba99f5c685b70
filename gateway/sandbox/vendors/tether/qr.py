"""Pictures of QR codes: 200 by 200 pixels, black on white, as Tether prints them on its labels."""

import struct
import zlib

import segno

SIDE = 200
QUIET_ZONE = 4  # modules of white around the code, as ISO 18004 asks


def qr_png(text: str) -> bytes:
    """A PNG of 200 by 200 pixels that a camera reads as `text`."""
    modules = [bytes(row) for row in segno.make_qr(text, error="m").matrix]
    scale = SIDE // (len(modules) + 2 * QUIET_ZONE)
    edge = (SIDE - scale * len(modules)) // 2
    blank = b"\xff" * SIDE
    lines = [blank] * edge
    for row in modules:
        dark = b"".join((b"\x00" if module else b"\xff") * scale for module in row)
        lines += [(b"\xff" * edge + dark).ljust(SIDE, b"\xff")] * scale
    lines += [blank] * (SIDE - len(lines))
    pixels = b"".join(b"\x00" + line for line in lines)  # each line begins with its filter: none
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)  # 8 bits of grey
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(pixels, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
