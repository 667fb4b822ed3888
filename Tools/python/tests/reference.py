"""A second reader and writer of tickets, bit by bit and without NumPy, to compare the package with."""

import hashlib
import math
import struct

import zstandard


class Fields:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, layout):
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values if len(values) > 1 else values[0]

    def text(self):
        length = self.take("H")
        self.at += length
        return self.data[self.at - length:self.at].decode()


def rice(gaps, low):
    """Gaps as bytes, in a Rice code with `low` low bits."""
    bits = []
    for gap in gaps:
        bits += [0] * (gap >> low) + [1] + [gap >> i & 1 for i in range(low)]
    bits += [0] * (-len(bits) % 8)
    return bytes(sum(bit << i for i, bit in enumerate(bits[at:at + 8]))
                 for at in range(0, len(bits), 8))


def alive_weights(code, data, count, alive):
    """The places of the alive weights."""
    bits = [byte >> i & 1 for byte in data for i in range(8)]
    if code == 0:
        return [i for i, bit in enumerate(bits) if bit]
    low_bits, at, place, rare = code - 1, 0, -1, []
    for _ in range(min(alive, count - alive)):
        end = bits.index(1, at)
        low = bits[end + 1:end + 1 + low_bits]
        place += 1 + ((end - at) << low_bits) + sum(bit << i for i, bit in enumerate(low))
        rare.append(place)
        at = end + 1 + low_bits
    if alive <= count - alive:
        return rare
    pruned = set(rare)
    return [i for i in range(count) if i not in pruned]


def opened(data):
    """The decompressed payload, the header's length and the origin of a sound file."""
    magic, version, header, length, origin = struct.unpack_from("<8sIIQ32s", data)
    assert magic == b"TICKET\r\n" and version == 1 and len(data) == 88 + length
    assert hashlib.sha256(data[:-32]).digest() == data[-32:]
    source = zstandard.ZstdDecompressor().stream_reader(data[56:-32], read_across_frames=True)
    return source.read(), header, origin


def read(data):
    """What the bytes of a sound ticket file hold."""
    content, length, origin = opened(data)
    fields = Fields(content[:length])
    ticket = {"round": fields.take("I")}
    has_score, score = fields.take("Bd")
    ticket["dev_score"] = score if has_score else None
    for key in ("task", "criterion", "scope"):
        ticket[key] = fields.text()
    ticket |= {"origin": origin.hex(), "tensors": []}
    at = length
    for _ in range(fields.take("I")):
        name, rank = fields.text(), fields.take("B")
        shape = [fields.take("I") for _ in range(rank)]
        alive, code, size = fields.take("IBI")
        weights = alive_weights(code, content[at:at + size], math.prod(shape), alive)
        ticket["tensors"].append({"name": name, "shape": shape, "alive": weights})
        at += size
    assert at == len(content) and fields.at == length
    return ticket


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<H", len(data)) + data


def tensor(name=b"w", shape=(8,), alive=1, code=0, length=1):
    return text(name) + struct.pack(f"<B{len(shape)}I", len(shape), *shape) + struct.pack(
        "<IBI", alive, code, length)


def header(*tensors, count=None, start=None, task="ner", criterion="magnitude", scope="global"):
    start = struct.pack("<IBd", 1, 0, 0.0) if start is None else start
    return (start + text(task) + text(criterion) + text(scope)
            + struct.pack("<I", len(tensors) if count is None else count) + b"".join(tensors))


def sealed(data):
    return data + hashlib.sha256(data).digest()


def file(head, data=b"\x01", *, head_length=None, payload=None, payload_length=None, version=1,
         magic=b"TICKET\r\n"):
    """A ticket file with a checksum that fits, whatever else is in it."""
    payload = zstandard.ZstdCompressor().compress(head + data) if payload is None else payload
    return sealed(struct.pack(
        "<8sIIQ", magic, version, len(head) if head_length is None else head_length,
        len(payload) if payload_length is None else payload_length) + bytes(32) + payload)
