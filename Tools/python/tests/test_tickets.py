"""Ticket files: samples, round trips, speed, and files that nobody should believe."""

import json
import math
import os
from pathlib import Path
import random
import struct
import subprocess
import tempfile
import time
import tracemalloc
import unittest

import numpy as np
from tickets import Ticket, TicketError, _codes, decode, encode, read_tensors, read_ticket, write_ticket
import zstandard

from . import reference
from .reference import file, header, sealed, tensor

SAMPLES = Path(__file__).resolve().parents[3] / "Masks/samples"


def ticket(masks, **settings):
    return Ticket(masks, **({"task": "ner", "origin": "0" * 64} | settings))


def masked(count, alive):
    mask = np.zeros(count, np.bool_)
    mask[alive] = True
    return mask


class SampleTests(unittest.TestCase):
    """Masks/samples, which the tool has written and samples.json describes."""

    def samples(self):
        for sample in json.loads((SAMPLES / "samples.json").read_text()):
            masks = {}
            for entry in sample.pop("tensors"):
                count = math.prod(entry["shape"])
                if rule := entry.get("rule"):
                    mask = np.arange(count) * rule["multiplier"] % rule["modulus"] < rule["below"]
                else:
                    mask = masked(count, entry["alive"])
                masks[entry["name"]] = mask.reshape(entry["shape"])
            path = SAMPLES / sample.pop("file")
            yield path, Ticket(masks, **sample)

    def test_samples_hold_what_is_said_of_them(self):
        for path, expected in self.samples():
            self.assertEqual(read_ticket(path), expected)

    def test_what_is_written_differs_at_most_in_how_it_is_compressed(self):
        for path, expected in self.samples():
            written, sample = encode(expected), path.read_bytes()
            self.assertEqual(reference.opened(written), reference.opened(sample))
            if zstandard.ZSTD_VERSION == (1, 5, 4):  # which the samples were made with
                self.assertEqual(written, sample)

    def test_the_second_reader_agrees(self):
        for path, expected in self.samples():
            for data in (path.read_bytes(), encode(expected)):
                found = reference.read(data)
                tensors = {t["name"]: masked(math.prod(t["shape"]), t["alive"]).reshape(t["shape"])
                           for t in found.pop("tensors")}
                self.assertEqual(Ticket(tensors, **found), expected)


class CodeTests(unittest.TestCase):
    def test_every_density_and_size_comes_back(self):
        generator = np.random.default_rng(1)
        for count in (1, 2, 7, 8, 9, 63, 64, 65, 1000, 20011):
            for density in (0, 0.001, 0.01, 0.1, 0.4, 0.5, 0.6, 0.9, 0.999, 1):
                mask = generator.random(count) < density
                alive = int(mask.sum())
                code, gaps = _codes.encode_gaps(mask)
                plain = _codes.encode_bits(mask)
                self.assertTrue(_codes.fits(0, len(plain), count, alive))
                np.testing.assert_array_equal(_codes.decode_bits(plain, count, alive), mask)
                np.testing.assert_array_equal(
                    _codes.decode_gaps(gaps, code - 1, count, alive), mask)
                self.assertEqual(
                    reference.alive_weights(code, gaps, count, alive), np.flatnonzero(mask).tolist())

    def test_every_parameter_is_read_as_the_second_reader_does(self):
        choose = random.Random(2)
        for low in range(31):
            for _ in range(20):
                gaps = [choose.choice((0, 1, 5, 63, 1 << min(low + 4, 18)))
                        for _ in range(choose.randint(1, 9))]
                count = 2 * (sum(gaps) + len(gaps)) + choose.randint(0, 9)
                data = reference.rice(gaps, low)
                expected = reference.alive_weights(1 + low, data, count, len(gaps))
                found = _codes.decode_gaps(data, low, count, len(gaps))
                self.assertEqual(np.flatnonzero(found).tolist(), expected)

    def test_codes_cross_windows(self):
        for low, gaps in ((0, [5, (1 << 18) - 7, 1, 700_000, 0, 3, 262_144]),
                          (1, [1_500_001, 2, 600_000, 524_289]), (0, [262_143, 0, 262_143, 0]),
                          (7, [33_554_431, 9, 0])):
            data, count = reference.rice(gaps, low), 2 * (sum(gaps) + len(gaps))
            found = _codes.decode_gaps(data, low, count, len(gaps))
            self.assertEqual(np.flatnonzero(found).tolist(),
                             (np.cumsum(np.array(gaps) + 1) - 1).tolist())

    def test_random_bytes_are_refused_or_read_as_the_second_reader_does(self):
        choose, read = random.Random(3), 0
        for _ in range(5000):
            data = choose.randbytes(choose.randint(0, 6))
            low, count = choose.randint(0, 4), choose.randint(1, 60)
            alive = choose.randint(0, count)
            try:
                expected = reference.alive_weights(1 + low, data, count, alive)
                code = reference.rice(
                    np.diff(self.rare(expected, count, alive), prepend=-1) - 1, low)
                is_mask = max(expected, default=0) < count and len(expected) == alive and code == data
            except (ValueError, IndexError):
                is_mask = False
            try:
                found = _codes.decode_gaps(data, low, count, alive)
            except ValueError:
                self.assertFalse(is_mask, (data, low, count, alive))
                continue
            read += 1
            self.assertTrue(is_mask, (data, low, count, alive))
            self.assertEqual(np.flatnonzero(found).tolist(), expected)
        self.assertGreater(read, 100)

    @staticmethod
    def rare(alive_weights, count, alive):
        if alive <= count - alive:
            return np.array(alive_weights, int)
        return np.setdiff1d(np.arange(count), alive_weights)


class FileTests(unittest.TestCase):
    def test_a_ticket_of_published_size_is_read_in_50_ms(self):
        generator = np.random.default_rng(4)
        for density in (0.05, 0.1, 0.3, 0.5, 0.9):
            made = ticket({f"lstm.weight_{i}": generator.random((800, 310)) < density
                           for i in range(6)})
            data, best = encode(made), math.inf
            for _ in range(20):
                start = time.perf_counter()
                found = decode(data)
                best = min(best, time.perf_counter() - start)
            self.assertEqual(found, made)
            self.assertLess(best, 0.05, f"density {density}")

    def test_files_are_written_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            path, first = Path(folder) / "a.ticket", ticket({"w": masked(9, [3])})
            write_ticket(path, first)
            self.assertEqual(read_ticket(path), first)
            with self.assertRaisesRegex(TicketError, "'ner' cannot be written: tensor 'w' is of int64"):
                write_ticket(path, ticket({"w": np.arange(3)}))
            with self.assertRaisesRegex(TicketError, "cannot be written"):
                write_ticket(Path(folder) / "none" / "a.ticket", first)
            self.assertEqual(read_ticket(path), first)
            self.assertEqual(os.listdir(folder), ["a.ticket"])

    def test_memory_layout_does_not_matter(self):
        mask = np.random.default_rng(5).random((30, 40)) < 0.3
        self.assertEqual(encode(ticket({"w": np.asfortranarray(mask)})), encode(ticket({"w": mask})))
        self.assertEqual(encode(ticket({"w": np.repeat(mask, 2, 1)[:, ::2]})),
                         encode(ticket({"w": mask})))

    def test_what_is_beyond_the_format_is_refused(self):
        good = {"w": masked(4, [1])}
        for change, problem in (
                ({"task": "a\nb"}, "control characters"), ({"scope": "x" * 1025}, "longer than 1024"),
                ({"task": "\ud800"}, "not Unicode"), ({"origin": "0" * 63}, "its origin is"),
                ({"origin": "G" * 64}, "its origin is"), ({"dev_score": math.nan}, "dev score is nan"),
                ({"round": -1}, "round is -1"), ({"round": 1 << 32}, "round is 4294967296"),
                ({"masks": {"": good["w"]}}, "no name"),
                ({"masks": {"w": np.ones((2, 0), np.bool_)}}, r"shape \[2, 0\]"),
                ({"masks": {"w": np.ones((), np.bool_)}}, r"shape \[\]"),
                ({"masks": {"w": np.ones((1,) * 9, np.bool_)}}, "shape"),
                ({"masks": {"w": np.broadcast_to(np.True_, (1 << 30, 2))}}, "more than 1073741824")):
            with self.assertRaisesRegex(TicketError, problem):
                encode(ticket(**({"masks": good} | change)))

    def test_messages_name_the_file(self):
        with self.assertRaisesRegex(TicketError, r"^/none\.ticket: cannot be read \(No such file"):
            read_ticket("/none.ticket")
        with self.assertRaisesRegex(TicketError, r"^.*samples\.json: is not a ticket file$"):
            read_ticket(SAMPLES / "samples.json")
        with self.assertRaisesRegex(TicketError, "cannot be read"):
            read_ticket(SAMPLES)


class HostileTests(unittest.TestCase):
    tiny = (SAMPLES / "tiny.ticket").read_bytes()

    def test_every_truncation_is_refused(self):
        for length in range(len(self.tiny)):
            with self.assertRaises(TicketError):
                decode(self.tiny[:length])
            if length != len(self.tiny) - 32:  # without its checksum, that is
                with self.assertRaises(TicketError):
                    decode(sealed(self.tiny[:length]))
        with self.assertRaisesRegex(TicketError, "followed by garbage"):
            decode(self.tiny + b"\0")

    def test_every_flipped_bit_is_refused(self):
        for place in range(8 * len(self.tiny)):
            with self.assertRaises(TicketError):
                decode(self.flipped(self.tiny, place))

    def test_flipped_bits_under_a_checksum_that_fits_are_refused_or_a_ticket(self):
        body, content = self.tiny[:-32], reference.opened(self.tiny)
        files = [sealed(self.flipped(body, place)) for place in range(8 * len(body))]
        length = content[1]
        files += [file(data[:length], data[length:]) for data in (
            self.flipped(content[0], place) for place in range(8 * len(content[0])))]
        tickets = 0
        for data in files:
            try:
                found = decode(data)
            except TicketError:
                continue
            tickets += 1
            self.assertEqual(decode(encode(found)), found)
        self.assertGreater(tickets, 100)  # other texts and origins, for example

    @staticmethod
    def flipped(data, place):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        return bytes(changed)

    def test_what_is_declared_is_checked(self):
        score = struct.pack("<IBd", 1, 1, math.inf)
        for data, problem in (
                (file(header(), version=2), "of version 2, version 1 is supported"),
                (file(header(), magic=b"TICKET\n\n"), "is not a ticket file"),
                (file(header(tensor()), head_length=(1 << 22) + 1), "header of 4194305 bytes"),
                (file(header(tensor()), head_length=1 << 22), "ends too early"),
                (file(header(tensor()), payload_length=1 << 63), "cut short"),
                (file(header(tensor()), b"\1\1"), "more than its tensors need"),
                (file(header(tensor()), b""), "ends too early"),
                (file(header(tensor()), payload=b"no frame"), "is damaged"),
                (file(header(tensor(), count=2)), "a field is missing"),
                (file(header(tensor(), count=0xffffffff)), "a field is missing"),
                (file(header(tensor(), count=0), b""), "goes on after the last tensor"),
                (file(header(start=score), b""), "dev score is malformed"),
                (file(header(start=struct.pack("<IBd", 1, 0, 1.0)), b""), "dev score is malformed"),
                (file(header(start=struct.pack("<IBd", 1, 2, 0.0)), b""), "dev score is malformed"),
                (file(header(task=b"\xff"), b""), "its task is not UTF-8"),
                (file(header(scope="a\x1bb"), b""), "its scope has control characters"),
                (file(header(criterion="x" * 1025), b""), "criterion is longer"),
                (file(header(tensor(name=b""))), "a tensor has no name"),
                (file(header(tensor(), tensor()), b"\1\1"), "'w' is there twice"),
                (file(header(tensor(shape=()))), "0 extents"),
                (file(header(tensor(shape=(1,) * 9))), "9 extents"),
                (file(header(tensor(shape=(4, 0)))), "extent of 0"),
                (file(header(tensor(shape=(0xffffffff,) * 8))), "too many weights"),
                (file(header(tensor(shape=(1 << 30, 2)))), "too many weights"),
                (file(header(tensor(alive=9))), "8 weights but 9 alive"),
                (file(header(tensor(code=32))), "unknown encoding 32"),
                (file(header(tensor(length=2)), b"\1\0"), "2 bytes cannot hold 1 of 8"),
                (file(header(tensor(alive=2))), "is not a mask with 2 of 8"),
                (file(header(tensor(shape=(64,), code=4, length=3)), b"\1\0\0"), "3 bytes cannot hold 1"),
                (file(header(tensor(code=4, alive=4, length=2)), b"\x11\x11"), "2 bytes cannot hold 4"),
                (file(header(tensor(shape=(7,))), b"\x80"), "is not a mask with 1 of 7"),
                (file(header(tensor(shape=(7,))), b"\x81"), "is not a mask with 1 of 7"),
                (file(header(tensor(code=1)), b"\0"), "is not a mask with 1 of 8"),
                (file(header(tensor(code=1)), b"\3"), "is not a mask with 1 of 8")):
            with self.subTest(problem), self.assertRaisesRegex(TicketError, "^x: .*" + problem):
                decode(data, "x")

    def test_names_are_shown_on_one_short_line(self):
        with self.assertRaises(TicketError) as caught:
            decode(file(header(tensor(name="\u202e" * 300, code=99))))
        self.assertLess(len(str(caught.exception)), 200)
        self.assertTrue(str(caught.exception).replace("…", "").isascii())

    def test_large_claims_in_small_files_take_no_memory(self):
        all_weights = (1 << 30,)
        zeros = zstandard.ZstdCompressor(level=1).compress(bytes(1 << 28))
        for data, problem in (
                (file(header(tensor(shape=all_weights, length=1 << 27)), b""), "ends too early"),
                (file(header(tensor(shape=all_weights, alive=1 << 29, code=1, length=1 << 27)), b""),
                 "ends too early"),
                (file(header(*(tensor(name=str(i), shape=(1 << 29,), length=1 << 26)
                               for i in range(3)))), "its tensors have more than the 1073741824"),
                # 256 MiB where a header should be, and behind all tensors
                (file(header(tensor()), payload=zeros), "dev score|goes on|a field|no name"),
                (file(header(tensor()), payload=zstandard.ZstdCompressor().compress(
                    header(tensor()) + b"\1") + zeros), "more than its tensors need")):
            self.assertLess(len(data), 40_000)
            tracemalloc.start()
            with self.assertRaisesRegex(TicketError, problem):
                decode(data)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            self.assertLess(peak, 64 << 20)

    def test_gaps_take_no_more_memory_than_the_mask(self):
        # Every weight but the last is rare with a gap of 0: 1 bit a code.
        count = 1 << 25
        data = file(header(tensor(shape=(count,), alive=count // 2, code=1, length=count // 16)),
                    b"\xff" * (count // 16))
        tracemalloc.start()
        found = decode(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertEqual(found.alive, count // 2)
        self.assertLess(peak, count + (64 << 20))
        self.assertLess(len(data), 4000)

    def test_a_window_that_would_take_memory_is_refused(self):
        parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
        writer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        payload = writer.compress(header(tensor()) + b"\1") + writer.flush()
        with self.assertRaisesRegex(TicketError, "is damaged"):
            decode(file(header(tensor()), payload=payload))

    def test_frames_may_be_many(self):
        compress = zstandard.ZstdCompressor().compress
        head = header(tensor())
        payload = b"".join(compress(bytes([byte])) for byte in head + b"\1") + compress(b"")
        self.assertEqual(decode(file(head, payload=payload)).alive, 1)
        with self.assertRaisesRegex(TicketError, "ends too early"):
            decode(file(head, payload=payload[:-1]))


@unittest.skipUnless(os.environ.get("TICKETS_TOOL"), "TICKETS_TOOL does not name the built tool")
class ToolTests(unittest.TestCase):
    def test_the_tool_reads_what_is_written(self):
        generator = np.random.default_rng(8)
        with tempfile.TemporaryDirectory() as folder:
            file, out = f"{folder}/a.ticket", f"{folder}/a.safetensors"
            for density in (0, 0.003, 0.1, 0.5, 0.97, 1):
                made = ticket({"lstm.weight_ih_l0": generator.random((200, 77)) < density,
                               "größe": generator.random((3, 2, 5)) < density}, round=7)
                write_ticket(file, made)
                for arguments in (["inspect", file], ["export", file, "--out", out]):
                    subprocess.run([os.environ["TICKETS_TOOL"], *arguments], check=True,
                                   capture_output=True)
                exported = read_tensors(out)
                self.assertEqual(list(exported), list(made.masks))
                for name, mask in made.masks.items():
                    np.testing.assert_array_equal(exported[name], mask)
                os.unlink(out)


if __name__ == "__main__":
    unittest.main()
