"""From bytes to a dataset and the place of its pixels; decodes nothing. PS3.10 section 7, PS3.5 section 7."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

from pydicom import uid
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_preamble
from pydicom.tag import BaseTag

from workstation.domain.errors import UnreadableFilm
from workstation.domain.unreadable import MAX_MEGAPIXELS, UnreadableCode, unreadable

_PIXEL_DATA = 0x7FE00010
_FLOAT_PIXELS = frozenset({0x7FE00008, 0x7FE00009})
_LONG_VRS = frozenset(
    {b"OB", b"OW", b"UN", b"OD", b"OF", b"OL", b"OV", b"SQ", b"UC", b"UR", b"UT", b"SV", b"UV"}
)
_PIXEL_VRS = frozenset({b"OB", b"OW", b"UN", b"OF", b"OD"})
_VRS = _LONG_VRS | frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
_UNDEFINED_LENGTH = 0xFFFFFFFF
# A deflated dataset may not unpack to more than the largest film: 16 bits a pixel and a generous header.
_MAX_INFLATED = MAX_MEGAPIXELS * 1_000_000 * 2 + 64 * 1024 * 1024
_MOST_READS = 400_000
"""Of a header: two or three an element, so a hundred times what a film has."""
_CHARACTER_SETS = (b"\x08\x00\x05\x00", b"\x00\x08\x00\x05")  # Specific Character Set in either byte order
_LONGEST_CHARACTER_SETS = 4096


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixel data lies.

    Attributes:
        buffer: the bytes `offset` counts in (the file's, or the inflated dataset's).
        offset: of the value's first byte.
        length: declared length in bytes; None where undefined (encapsulated).
        is_float: Float or Double Float Pixel Data.
    """

    buffer: bytes
    offset: int
    length: int | None
    is_float: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """A dataset without its pixels, and how the file was encoded.

    Attributes:
        transfer_syntax: as declared; where the file does not say, the one its bytes show.
        guessed: True where the transfer syntax is not declared.
        has_preamble: False where the file starts with the dataset at once.
        cut: the bytes end inside an element.
    """

    dataset: Dataset
    meta: Dataset
    transfer_syntax: uid.UID
    guessed: bool
    has_preamble: bool
    pixels: PixelElement | None
    cut: bool = False


class _Header(BytesIO):
    """Refuses a header of which pydicom, as it reads, would make some hundred times its bytes."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self._name = name
        self._left = _MOST_READS
        self._tag = b""

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        # Character sets are taken apart at once, each of them.
        endless = self._tag in _CHARACTER_SETS and (size or 0) > _LONGEST_CHARACTER_SETS
        if self._left < 0 or endless:
            raise unreadable(UnreadableCode.DAMAGED, self._name, "header without end")
        found = super().read(size)
        if size == 8:  # tag and length
            self._tag = found[:4]
        return found


def looks_like_dicom(head: bytes) -> bool:
    """True where the first 132 bytes are DICOM: the prefix, or a plausible first element without preamble."""
    if head[128:132] == b"DICM":
        return True
    if len(head) < 8:
        return False
    for order in "<>":
        group, element = struct.unpack_from(f"{order}HH", head)
        if group in (0x0002, 0x0008) and element <= 0x1000:
            explicit = head[4:6] in _VRS
            implicit = struct.unpack_from("<L", head, 4)[0] < 256
            if explicit or (implicit and order == "<"):
                return True
    return False


def parse(data: bytes, name: str) -> Parsed:
    """Read everything up to the pixels.

    Raises:
        UnreadableFilm: `not_an_image`, `too_large` (a deflated dataset that never ends), `damaged` (also a header that
            unrolls to more than any film's).
    """
    if not looks_like_dicom(data[:132]):
        raise unreadable(UnreadableCode.NOT_AN_IMAGE, name)
    try:
        stream = _Header(data, name)
        has_preamble = read_preamble(stream, force=True) is not None
        meta = read_dataset(stream, is_implicit_VR=False, is_little_endian=True, stop_when=_after_meta)
        declared = str(meta.get("TransferSyntaxUID", "") or "").strip(" \0")
        syntax = uid.UID(declared) if declared else _guess_syntax(data[stream.tell() : stream.tell() + 6])
        buffer = data
        if syntax == uid.DeflatedExplicitVRLittleEndian:
            buffer = _inflate(data, stream.tell(), name)
            stream = _Header(buffer, name)
        implicit = syntax == uid.ImplicitVRLittleEndian
        little = syntax != uid.ExplicitVRBigEndian
        dataset = read_dataset(stream, implicit, little, stop_when=_at_pixels)
        pixels = _pixel_element(buffer, stream.tell(), little)
        cut = pixels is None and (stream.tell() < len(buffer) or _last_is_cut(dataset))
    except UnreadableFilm:
        raise
    except Exception as error:  # pydicom raises many kinds for damaged bytes
        raise unreadable(UnreadableCode.DAMAGED, name, "header") from error
    return Parsed(dataset, meta, syntax, not declared, has_preamble, pixels, cut)


def _after_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag >> 16 != 0x0002


def _at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag == _PIXEL_DATA or tag in _FLOAT_PIXELS


def _last_is_cut(dataset: Dataset) -> bool:
    """True where the value of the last element is shorter than declared; pydicom takes it as it is."""
    tags = sorted(dataset.keys())
    last: object = dataset.get_item(tags[-1]) if tags else None
    if not isinstance(last, RawDataElement) or last.length == _UNDEFINED_LENGTH:
        return False
    return len(last.value or b"") < last.length


def _guess_syntax(first: bytes) -> uid.UID:
    if first[4:6] not in _VRS:
        return uid.ImplicitVRLittleEndian
    big = struct.unpack("<H", first[:2])[0] >= 0x0400
    return uid.ExplicitVRBigEndian if big else uid.ExplicitVRLittleEndian


def _inflate(data: bytes, start: int, name: str) -> bytes:
    """Unpack a deflated dataset (PS3.5 A.5), never beyond the size of the largest film."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(memoryview(data)[start:], _MAX_INFLATED)
    except zlib.error as error:
        raise unreadable(UnreadableCode.DAMAGED, name, "deflated dataset") from error
    if inflater.unconsumed_tail:
        raise unreadable(UnreadableCode.TOO_LARGE, name, "deflated dataset")
    if not inflater.eof:
        raise unreadable(UnreadableCode.TRUNCATED, name, "deflated dataset")
    return plain


def _pixel_element(buffer: bytes, at: int, little: bool) -> PixelElement | None:
    """Header of the element at which parsing stopped; None where the dataset ended before any pixels."""
    order = "<" if little else ">"
    if at + 8 > len(buffer):
        return None
    group, element = struct.unpack_from(f"{order}HH", buffer, at)
    tag = group << 16 | element
    if tag != _PIXEL_DATA and tag not in _FLOAT_PIXELS:
        return None
    # Some writers switch to implicit VR in the middle: what stands there decides, not the transfer syntax. As
    # an implicit (even) length these VRs cannot occur: their first letters have odd codes.
    if buffer[at + 4 : at + 6] in _PIXEL_VRS:
        if at + 12 > len(buffer):
            return None
        length, offset = struct.unpack_from(f"{order}L", buffer, at + 8)[0], at + 12
    else:
        length, offset = struct.unpack_from(f"{order}L", buffer, at + 4)[0], at + 8
    return PixelElement(buffer, offset, None if length == _UNDEFINED_LENGTH else length, tag != _PIXEL_DATA)
