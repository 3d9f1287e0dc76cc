"""Images as PNG: bytes for a file, or an address that a page can contain."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def png_bytes(image: NDArray[np.uint8]) -> bytes:
    """Return an image as PNG, the same bytes for the same image.

    Args:
        image: Shape (height, width, 1) or (height, width, 3).
    """
    from PIL import Image

    written = BytesIO()
    Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(written, "png", optimize=True)
    return written.getvalue()


def data_uri(image: NDArray[np.uint8]) -> str:
    """Return an image as a ``data:`` address that contains it as PNG, the same bytes for the same image.

    Args:
        image: Shape (height, width, 1) or (height, width, 3).

    Example:
        >>> import numpy as np
        >>> data_uri(np.zeros((1, 1, 1), np.uint8))[:32]
        'data:image/png;base64,iVBORw0KGg'
    """
    return f"data:image/png;base64,{b64encode(png_bytes(image)).decode()}"
