"""A body put together of compressed parts is one gzip member, and what its parts are."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from metrics.gzipped import Gzipped

PARTS = [bytes([letter]) * size for letter in b"abc" for size in (1, 700, 100_000)]
BODIES = st.lists(st.lists(st.sampled_from([b"", *PARTS]) | st.binary(), max_size=6))


def unpacked(packed: bytes) -> bytes:
    """As a client does that reads a single member."""
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
    body = inflate.decompress(packed)
    assert inflate.eof
    assert not inflate.unused_data
    return body


@given(BODIES)
def test_each_body_is_read_as_its_parts(bodies: list[list[bytes]]) -> None:
    gzipped = Gzipped()
    for parts in bodies:
        assert unpacked(gzipped.compress(parts)) == b"".join(parts)
