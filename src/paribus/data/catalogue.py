"""The catalogue of data sets: where each comes from, its licence, and how the official one is recognised.

A data set's identity is the SHA-256 of its decoded arrays, whichever file they came from (see
`paribus.data.dataset.identity`). Those of MNIST and Fashion-MNIST are recorded here. No such digest of
CIFAR-10's arrays is known, but the MD5 of each of its six binary files is, and these contain only images and
labels: CIFAR-10 is verified when all six agree, hence only in its binary version.

Checksums of files are those published by the sets' authors (MD5), Keras, torchvision, and MLDatasets.jl and
others (SHA-256); they agree wherever more than one publishes them. Fashion-MNIST's digest was computed from
Debian's package, whose unpacked files have the published SHA-256.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from paribus.data import cifar
from paribus.data.formats import Arrays, read_idx_files, read_npz
from paribus.errors import DataError
from paribus.study.datasets import IMAGE_SETS, ImageSet
from paribus.texts import suggestion


@dataclass(frozen=True)
class OfficialFile:
    """A file as it is published.

    Args:
        name: Its name on the mirrors and in the cache.
        size: In bytes.
        sha256: Checksum of the whole file.
        md5: MD5 of the whole file, where this is what the authors publish.
        mirrors: Addresses of the folders that contain it, each ending in a slash.
    """

    name: str
    size: int
    sha256: str
    md5: str
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """A layout of a data set in a folder.

    Args:
        files: The files in the reader's order, each with its possible names.
        read: Decodes the files into arrays.
    """

    files: tuple[tuple[str, ...], ...]
    read: Callable[[Sequence[Path], ImageSet], Arrays]


@dataclass(frozen=True)
class Entry:
    """A data set that studies may name.

    Args:
        name: In studies and on the command line.
        title: As its authors call it.
        images: Shape, counts and classes.
        licence: The licence of its use.
        reference: The paper.
        site: The authors' page.
        downloads: Complete sets of files, of which the first available one is downloaded.
        folders: Where to look below a folder of data, in this order.
        layouts: The layouts to look for, in this order.
        sha256: Digest of the official arrays; None where none is known.
        md5: MD5 of the files that its layout reads, which verify it where `sha256` is None.
        pickled: Files or folders with Python pickles of it, which are never loaded.
    """

    name: str
    title: str
    images: ImageSet
    licence: str
    reference: str
    site: str
    downloads: tuple[tuple[OfficialFile, ...], ...]
    folders: tuple[str, ...]
    layouts: tuple[Layout, ...]
    sha256: str | None = None
    md5: tuple[str, ...] = ()
    pickled: tuple[str, ...] = ()

    def is_official(self, arrays: Arrays, sha256: str) -> bool:
        """Return whether these arrays, with this digest, are the data set as published."""
        if self.sha256 is not None:
            return sha256 == self.sha256
        return bool(self.md5) and arrays.md5 == self.md5


def _idx_names(stem: str, dimensions: int) -> tuple[str, ...]:
    plain = (f"{stem}-idx{dimensions}-ubyte", f"{stem}.idx{dimensions}-ubyte")
    return (f"{plain[0]}.gz", *plain, f"{plain[1]}.gz")


IDX = Layout(
    (
        _idx_names("train-images", 3),
        _idx_names("train-labels", 1),
        _idx_names("t10k-images", 3),
        _idx_names("t10k-labels", 1),
    ),
    read_idx_files,
)


def _npz(*names: str) -> Layout:
    return Layout((names,), read_npz)


_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_MNIST_NPZ = OfficialFile(
    "mnist.npz",
    11_490_434,
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    "8a61469f7ea1b51cbae51d4f78837e45",
    (_KERAS, "https://s3.amazonaws.com/img-datasets/"),
)
_MNIST = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://yann.lecun.com/exdb/mnist/",
)
_MNIST_IDX = (
    OfficialFile(
        "train-images-idx3-ubyte.gz",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        _MNIST,
    ),
    OfficialFile(
        "train-labels-idx1-ubyte.gz",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "d53e105ee54ea40749a09fcbcd1e9432",
        _MNIST,
    ),
    OfficialFile(
        "t10k-images-idx3-ubyte.gz",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "9fb629c4189551a2d022fa330f9573f3",
        _MNIST,
    ),
    OfficialFile(
        "t10k-labels-idx1-ubyte.gz",
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ec29112dd5afa0611ce80d1b7f02629c",
        _MNIST,
    ),
)
_FASHION = (
    "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
_FASHION_IDX = (
    OfficialFile(
        "train-images-idx3-ubyte.gz",
        26_421_880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        _FASHION,
    ),
    OfficialFile(
        "train-labels-idx1-ubyte.gz",
        29_515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "25c81989df183df01b3e8a0aad5dffbe",
        _FASHION,
    ),
    OfficialFile(
        "t10k-images-idx3-ubyte.gz",
        4_422_102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "bef4ecab320f06d8554ea6380940ec79",
        _FASHION,
    ),
    OfficialFile(
        "t10k-labels-idx1-ubyte.gz",
        5_148,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "bb300cfdad3c16e7a12a480ee83cd310",
        _FASHION,
    ),
)
_CIFAR_ARCHIVE = OfficialFile(
    "cifar-10-binary.tar.gz",
    170_052_171,
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    "c32a1d4ab5d03f1284b67883e8d87530",
    (
        "https://www.cs.toronto.edu/~kriz/",
        "https://cave.cs.toronto.edu/kriz/",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
    ),
)

CATALOGUE = {
    entry.name: entry
    for entry in (
        Entry(
            name="mnist",
            title="MNIST",
            images=IMAGE_SETS["mnist"],
            licence="CC BY-SA 3.0",
            reference="LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document "
            "recognition. Proceedings of the IEEE 86 (1998)",
            site="https://yann.lecun.com/exdb/mnist/",
            downloads=((_MNIST_NPZ,), _MNIST_IDX),
            folders=("mnist", "MNIST/raw", "MNIST", "."),
            layouts=(_npz("mnist.npz"), IDX),
            sha256="06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16",
        ),
        Entry(
            name="fashion_mnist",
            title="Fashion-MNIST",
            images=IMAGE_SETS["fashion_mnist"],
            licence="MIT",
            reference="Xiao, Rasul, Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine "
            "learning algorithms. arXiv:1708.07747 (2017)",
            site="https://github.com/zalandoresearch/fashion-mnist",
            downloads=(_FASHION_IDX,),
            folders=("fashion_mnist", "fashion-mnist", "FashionMNIST/raw", "FashionMNIST", "."),
            layouts=(_npz("fashion_mnist.npz", "fashion-mnist.npz"), IDX),
            sha256="ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f",
        ),
        Entry(
            name="cifar10",
            title="CIFAR-10",
            images=IMAGE_SETS["cifar10"],
            licence="none stated; its authors ask to be cited",
            reference="Krizhevsky: Learning multiple layers of features from tiny images. Technical report, "
            "University of Toronto (2009)",
            site="https://www.cs.toronto.edu/~kriz/cifar.html",
            downloads=((_CIFAR_ARCHIVE,),),
            folders=("cifar10", "cifar-10", "."),
            layouts=(
                Layout(tuple((f"{cifar.FOLDER}/{name}", name) for name in cifar.BATCHES), cifar.read_batches),
                Layout((("cifar-10-binary.tar.gz",),), cifar.read_archive),
                _npz("cifar10.npz"),
            ),
            md5=(
                "5dd7e06a14cb22eb9f671a540d1b7c25",
                "5ea93a67294ea407fff1d09f752e9692",
                "942cd6a4bcdd0dd3c604fbe906cb4421",
                "ae636b3ba5c66a11e91e8cb52e771fcb",
                "53f37980c15c3d472c316c40844f3f0d",
                "803d5f7f4d78ea53de84dbe85f74fb6d",
            ),
            pickled=("cifar-10-batches-py", "cifar-10-python.tar.gz"),
        ),
    )
}


def entry(name: str) -> Entry:
    """Return the data set with this name.

    Raises:
        DataError: There is none; the message lists them and suggests one.

    Example:
        >>> entry("mnist").images.train
        60000
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    known = ", ".join(sorted(CATALOGUE))
    raise DataError("data.unknown", name=name, known=known, hint=suggestion(name.lower(), CATALOGUE))
