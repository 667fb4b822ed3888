"""What a ticket file's zstd frames hold, read piece by piece and never more than is asked for."""

import zstandard

# zstd makes at most 128 KiB of 4 bytes, so that no piece becomes more than 16 MiB.
_PIECE = 512
_WINDOW_BYTES = 1 << 23


class Payload:
    """The contents of one or more frames, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0
        self._ready = bytearray()
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
        self._frame: zstandard.ZstdDecompressionObj | None = None

    def read(self, count: int) -> bytes:
        """The next `count` bytes; ValueError that says what is wrong."""
        while len(self._ready) < count:
            if self._at == len(self._data):
                raise ValueError("its compressed data ends too early")
            self._feed()
        found = bytes(self._ready[:count])
        del self._ready[:count]
        return found

    def finish(self) -> None:
        """Makes sure that nothing is left, neither in the frame nor after it."""
        while self._at < len(self._data) and not self._ready:
            self._feed()
        if self._ready:
            raise ValueError("its compressed data holds more than its tensors need")
        if self._frame is not None:
            raise ValueError("its compressed data ends too early")

    def _feed(self) -> None:
        piece = self._data[self._at:self._at + _PIECE]
        if self._frame is None:
            self._frame = self._decompressor.decompressobj()
        try:
            self._ready += self._frame.decompress(piece)
        except zstandard.ZstdError as error:
            raise ValueError(f"its compressed data is damaged ({error})") from None
        self._at += len(piece) - len(self._frame.unused_data)
        if self._frame.eof:
            self._frame = None


def compressed(header: bytes, sections: list[bytes]) -> bytes:
    """The frames of a ticket file: the header, then all tensors' data."""
    text = zstandard.ZstdCompressor(level=19, write_content_size=True)
    return _frame(text, [header]) + compressed_noise(sections)


def compressed_noise(pieces: list[bytes]) -> bytes:
    """One frame of bytes that do not repeat but whose values are unevenly frequent.

    With such bytes zstd's searching only finds accidents that cost more than they save, so it is kept
    from finding any: what does the work is a Huffman code for each block.
    """
    parameters = zstandard.ZstdCompressionParameters(
        strategy=zstandard.STRATEGY_FAST, min_match=7, hash_log=6, window_log=17,
        write_content_size=True)
    return _frame(zstandard.ZstdCompressor(compression_params=parameters), pieces)


def _frame(compressor: zstandard.ZstdCompressor, pieces: list[bytes]) -> bytes:
    writer = compressor.compressobj(size=sum(map(len, pieces)))
    frame = b""
    for piece in pieces:
        frame += writer.compress(piece) + writer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return frame + writer.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)
