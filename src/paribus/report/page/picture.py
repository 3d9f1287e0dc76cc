"""Images as PNG in the page itself."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_GREY, _COLOUR = 0, 2


def data_uri(image: NDArray[np.uint8]) -> str:
    """An image as the address of a PNG that contains it, the same bytes for the same image.

    Source of the format: Portable Network Graphics (second edition), ISO/IEC 15948, sections 4 and 11.

    Args:
        image: Shape (height, width, 1) or (height, width, 3).

    Example:
        >>> import numpy as np
        >>> data_uri(np.zeros((1, 1, 1), np.uint8))[:32]
        'data:image/png;base64,iVBORw0KGg'
    """
    height, width, channels = image.shape
    kind = _GREY if channels == 1 else _COLOUR
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in image)  # each row unfiltered
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 9))
    return f"data:image/png;base64,{b64encode(png + _chunk(b'IEND', b'')).decode()}"


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
