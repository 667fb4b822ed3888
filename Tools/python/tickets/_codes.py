"""How one tensor's mask becomes bytes: plain bits, or a Rice code of gaps (Masks/README.md, "Data").

A mask is a flat array of n bools in row-major order, True = alive. Bits are taken from the least
significant of each byte to the most significant.
"""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

BITS = 0
"""The encoding that is the bits as they are; 1 + k is gaps with k low bits."""
MOST_LOW_BITS = 30
# Bits that are decoded at a time: everything about them stays in a processor's cache, and a small
# file that claims a large mask takes no more memory than the mask.
_WINDOW = 1 << 18
_JUMP = 5  # log₂ of how many codes a step of the walk passes over


def rare_count(count: int, alive: int) -> int:
    """How many weights the gaps lie between: the alive or the pruned ones, whichever are fewer."""
    return min(alive, count - alive)


def fits(code: int, length: int, count: int, alive: int) -> bool:
    """Whether data of `length` bytes can hold a mask of `count` weights, `alive` of them alive."""
    plain = (count + 7) // 8
    if code == BITS:
        return length == plain
    low, rare = code - 1, rare_count(count, alive)
    least = rare * (low + 1)
    most = least + ((count - rare) >> low)
    return (least + 7) // 8 <= length <= min((most + 7) // 8, plain)


def encode_bits(mask: Mask) -> bytes:
    """The bytes of a mask [n] as plain bits, ⌈n/8⌉ of them."""
    return np.packbits(mask, bitorder="little").tobytes()


def decode_bits(data: bytes, count: int, alive: int) -> Mask:
    """The mask [count] whose plain bits are `data`; ValueError if it is none with `alive` alive."""
    packed = np.frombuffer(data, np.uint8)
    if count % 8 and packed[-1] >> (count % 8):
        raise ValueError
    mask = np.unpackbits(packed, count=count, bitorder="little").view(np.bool_)
    if int(np.count_nonzero(mask)) != alive:
        raise ValueError
    return mask


def encode_gaps(mask: Mask) -> tuple[int, bytes]:
    """The encoding with the shortest Rice code of the gaps in a mask [n], and its bytes."""
    count, alive = len(mask), int(np.count_nonzero(mask))
    places = np.flatnonzero(mask if alive <= count - alive else ~mask)
    gaps = np.diff(places, prepend=-1) - 1

    def length(low: int) -> int:
        return int((gaps >> low).sum()) + len(gaps) * (1 + low)

    # The length is convex in the parameter, so the first minimum is the only one.
    low = 0
    while low < MOST_LOW_BITS and length(low + 1) < length(low):
        low += 1
    bits = np.zeros(length(low), np.uint8)
    ends = np.cumsum((gaps >> low) + 1 + low) - (1 + low)  # where each code's 1 stands
    bits[ends] = 1
    for i in range(low):
        bits[ends + (1 + i)] = gaps >> i & 1
    return 1 + low, np.packbits(bits, bitorder="little").tobytes()


def decode_gaps(data: bytes, low: int, count: int, alive: int) -> Mask:
    """The mask [count] whose gaps `data` holds in a Rice code with `low` low bits; ValueError if it
    is none with `alive` alive."""
    rare = rare_count(count, alive)
    mask = np.zeros(count, np.bool_)
    packed = np.frombuffer(data, np.uint8)
    start, place, found = 0, -1, 0  # of the next code, of the last rare weight, codes read
    zeros = 0  # those of a code longer than a window that stand before `start`
    while found < rare:
        first = start // 8
        window = packed[first:first + _WINDOW // 8 + 5]
        bits = np.unpackbits(window, bitorder="little")
        ends = _ends(bits, start - 8 * first, low)[:rare - found]
        if not len(ends):
            skipped = min(_WINDOW, 8 * (len(packed) - first)) - (start - 8 * first)
            if skipped <= 0:
                raise ValueError
            start, zeros = start + skipped, zeros + skipped
            continue
        starts = np.empty_like(ends)
        starts[0], starts[1:] = start - 8 * first - zeros, ends[:-1] + (1 + low)
        # All quotients together are fewer than 2³⁰ bits, so that nothing here passes 2⁶¹.
        gaps = (ends - starts) << low
        for i in range(low):
            gaps |= bits[ends + (1 + i)].astype(np.int64) << i
        places = place + np.cumsum(gaps + 1)
        place = int(places[-1])
        if place >= count:
            raise ValueError
        mask[places] = True
        found, zeros = found + len(ends), 0
        start = 8 * first + int(ends[-1]) + 1 + low
    left = 8 * len(packed) - start
    if not 0 <= left < 8 or (left and packed[-1] >> (8 - left)):
        raise ValueError
    return mask if alive <= count - alive else np.logical_not(mask, out=mask)


def _ends(bits: NDArray[np.uint8], start: int, low: int) -> NDArray[np.int64]:
    """The places of the ones that end the unary parts of the codes that begin at `start`, as far as
    codes are whole in `bits`.

    After a code that ends with the j-th one of `bits` comes the code that ends with the first one
    behind its low bits: a list of successors. Each code is found from the one before it, so that
    the list is doubled a few times, walked in long steps, and the steps are filled in together.
    """
    ones = np.flatnonzero(bits).astype(np.int32)
    whole = int(np.searchsorted(ones, len(bits) - low))  # ones whose low bits are there
    if not whole:
        return np.zeros(0, np.int64)
    before = np.zeros(len(bits) + 1, np.int32)  # ones before each place
    np.cumsum(bits, out=before[1:])
    if int(before[start]) >= whole:
        return np.zeros(0, np.int64)
    successors = np.append(np.minimum(before[ones[:whole] + (1 + low)], whole), whole)
    jumps = successors
    for _ in range(_JUMP):
        jumps = jumps[jumps]
    walk, step = jumps.data, int(before[start])
    steps = []
    while step < whole:
        steps.append(step)
        step = walk[step]
    row = np.array(steps, np.int32)
    rows = np.empty((1 << _JUMP, len(row)), np.int32)
    for i in range(1 << _JUMP):
        rows[i] = row
        row = successors[row]
    codes = rows.T.ravel()
    return ones[codes[codes < whole]].astype(np.int64)
