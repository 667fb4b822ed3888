#!/usr/bin/env python3
"""Reads ticket files as Masks/README.md specifies them and prints what they hold as JSON.

usage: read_ticket.py FILE...

Written apart from the package, with nothing but the standard library and a zstd decompressor
(the `zstandard` module or the `zstd` command).
"""

import hashlib
import json
import math
import struct
import subprocess
import sys


def decompress(payload):
    try:
        import zstandard
    except ImportError:
        return subprocess.run(["zstd", "-dcq"], input=payload, capture_output=True, check=True).stdout
    source = zstandard.ZstdDecompressor().stream_reader(payload, read_across_frames=True)
    return source.read()


class Fields:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, layout):
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values if len(values) > 1 else values[0]

    def text(self):
        return self.take(f"{self.take('H')}s").decode("utf-8")


def alive_weights(code, data, count, alive):
    bits = [byte >> i & 1 for byte in data for i in range(8)]
    if code == 0:
        return [i for i, bit in enumerate(bits) if bit]
    low_bits, at, place, rare = code - 1, 0, -1, []
    for _ in range(min(alive, count - alive)):
        end = bits.index(1, at)
        low = bits[end + 1 : end + 1 + low_bits]
        place += 1 + ((end - at) << low_bits) + sum(bit << i for i, bit in enumerate(low))
        rare.append(place)
        at = end + 1 + low_bits
    if alive <= count - alive:
        return rare
    pruned = set(rare)
    return [i for i in range(count) if i not in pruned]


def read_ticket(path):
    with open(path, "rb") as file:
        data = file.read()
    magic, version, header_length, payload_length, origin = struct.unpack_from("<8sIIQ32s", data)
    assert magic == b"TICKET\r\n" and version == 1, "not a ticket file of version 1"
    assert len(data) == 88 + payload_length, "cut short"
    assert hashlib.sha256(data[:-32]).digest() == data[-32:], "damaged"
    content = decompress(data[56:-32])
    fields = Fields(content[:header_length])
    ticket = {"round": fields.take("I")}
    has_score, score = fields.take("Bd")
    ticket["dev_score"] = score if has_score else None
    for key in ("task", "criterion", "scope"):
        ticket[key] = fields.text()
    ticket["origin"] = origin.hex()
    ticket["tensors"] = []
    at = header_length
    for _ in range(fields.take("I")):
        name = fields.text()
        shape = [fields.take("I") for _ in range(fields.take("B"))]
        alive, code, length = fields.take("IBI")
        weights = alive_weights(code, content[at : at + length], math.prod(shape), alive)
        assert len(weights) == alive, f"{name}: {len(weights)} weights alive, not {alive}"
        ticket["tensors"].append({"name": name, "shape": shape, "alive": weights})
        at += length
    assert at == len(content) and fields.at == header_length, "garbage at the end"
    return ticket


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    for path in sys.argv[1:]:
        print(json.dumps(read_ticket(path)))
