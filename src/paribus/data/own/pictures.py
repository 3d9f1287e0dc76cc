"""Folders of images: a folder a class, or ``train``, ``validation`` and ``test`` with such folders below."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from paribus.data.own.raw import Raw, refused
from paribus.errors import DataError
from paribus.study.census import Reading
from paribus.study.source import Source

SUFFIXES = frozenset((".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"))
"""Files that are read as images; all others are passed over."""
OTHER_SUFFIXES = frozenset(
    (".avif", ".cr2", ".dng", ".eps", ".heic", ".heif", ".ico", ".jfif", ".jp2", ".nef", ".npy", ".pdf")
) | {".psd", ".raw", ".svg", ".tga"}
"""Files that seem to be images and are not read: passing them over is worth a warning."""
MOST_NAMED = 5
"""Files that a message names."""
MAX_PIXELS = 50_000_000
"""Of one image as it is stored."""
_VALIDATION = ("validation", "val")


def read_folder(source: Source) -> Raw:
    """Read every image below a folder, brought to one size.

    Turned as its camera says, transparent parts white, 16 bits a pixel brought to 8. All become grey where
    all are, else all have three channels. They are scaled to the size with bilinear interpolation.

    Raises:
        DataError: There is no such folder, fewer than two classes, or an image that cannot be read.
    """
    folder = Path(source.place)
    if not folder.is_dir():
        raise refused(folder, "no-folder")
    if source.size is None:
        raise refused(folder, "no-size")
    parts = _parts(folder)
    sets = {name: _listed(part) for name, part in parts.items()}
    classes = sorted({name for files in sets.values() for _, name in files})
    if len(classes) < 2 or not all(sets.values()):
        raise refused(
            folder, "few-classes", found=", ".join(classes) or "–", suffixes=", ".join(sorted(SUFFIXES))
        )
    images = _images(folder, sets, source.size)
    is_grey = all(image.shape[-1] == 1 for each in images.values() for image in each)
    arrays: dict[str, Any] = {
        f"x{part}": np.stack([image if is_grey else _colour(image) for image in each])
        for part, each in images.items()
    }
    labels: dict[str, Any] = {
        f"y{part}": np.array([name for _, name in files]) for part, files in sets.items()
    }
    ids = {part: np.array([_below(folder, path) for path, _ in files]) for part, files in sets.items()}
    read = {path for files in sets.values() for path, _ in files}
    return Raw(
        **arrays,
        **labels,
        values="pixels",
        ids=ids[""],
        ids_test=ids.get("_test"),
        reading=_passed_over(folder, read),
    )


def _parts(folder: Path) -> dict[str, Path]:
    """Return the folders of training, validation and test images by their ending in `Raw`.

    A folder is of classes unless it has ``train``, and ``test`` or ``validation`` (or ``val``) beside it.

    Raises:
        DataError: There are both ``validation`` and ``val``.
    """
    held = [folder / name for name in _VALIDATION if (folder / name).is_dir()]
    parts = {"": folder / "train", "_val": held[0] if held else None, "_test": folder / "test"}
    found = {ending: path for ending, path in parts.items() if path is not None and path.is_dir()}
    if "" not in found or len(found) == 1:
        return {"": folder}
    if len(held) > 1:
        raise refused(folder, "two-validations", given=", ".join(path.name for path in held))
    return found


def _listed(folder: Path) -> list[tuple[Path, str]]:
    """Return each image with its class, the folder directly below, in the order of their paths."""
    below = sorted(
        each for each in folder.iterdir() if each.is_dir() and not each.name.startswith((".", "__"))
    )
    return [
        (path, each.name)
        for each in below
        for path in sorted(each.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith(".")
    ]


def _passed_over(folder: Path, read: set[Path]) -> Reading:
    """Return which files below a folder were not read; hidden ones are not counted."""
    others = [
        path
        for path in sorted(folder.rglob("*"))
        if path not in read
        and path.is_file()
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    ]
    lost = [path for path in others if path.suffix.lower() in SUFFIXES | OTHER_SUFFIXES]
    named = sorted(others, key=lambda path: path not in lost)[:MOST_NAMED]
    return Reading(
        skipped=len(others), skipped_files=tuple(_below(folder, path) for path in named), lost=len(lost)
    )


def _below(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _images(
    folder: Path, sets: dict[str, list[tuple[Path, str]]], size: tuple[int, int]
) -> dict[str, list[NDArray[np.uint8]]]:
    """Return the images of each part; those that cannot be read are named in one message."""
    images: dict[str, list[NDArray[np.uint8]]] = {part: [] for part in sets}
    broken: list[tuple[Path, DataError]] = []
    for part, files in sets.items():
        for path, _ in files:
            try:
                images[part].append(_image(path, size))
            except DataError as error:
                broken.append((path, error))
    if len(broken) == 1:
        raise broken[0][1]
    if broken:
        names = ", ".join(_below(folder, path) for path, _ in broken[:MOST_NAMED])
        more = ", …" if len(broken) > MOST_NAMED else ""
        raise refused(folder, "broken-images", count=len(broken), files=names + more)
    return images


def _image(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return an image as uint8, shape (height, width, 1 or 3)."""
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise refused(path, "huge-image", pixels=opened.width * opened.height, most=MAX_PIXELS)
            opened.seek(0)
            image: Any = ImageOps.exif_transpose(opened)
            image = _eight_bits(image)
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        EOFError,
    ) as error:
        raise refused(path, "broken-image", cause=str(error).replace(str(path), path.name)) from error
    pixels = np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _eight_bits(image: Any) -> Any:
    """Return an image in the mode ``L`` or ``RGB``."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, np.float64)
        top = 65_535 if values.max() > 255 else 255
        return Image.fromarray(np.clip(values * 255 / top, 0, 255).round().astype(np.uint8))
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    colour = image.convert("RGB")
    pixels = np.asarray(colour)
    is_grey = bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())
    return colour.convert("L") if is_grey else colour


def _colour(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image
