"""Memory that is freed stays with the process, so that using it again costs no page faults."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import numpy as np
from paribus.engine.memory import keep_freed
if "kept" in sys.argv:
    assert keep_freed()
np.ones(2**24).sum()  # 128 MiB
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    np.ones(2**24)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*words):
    said = subprocess.run([sys.executable, "-c", FAULTS, *words], capture_output=True, text=True, check=True)
    return int(said.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps memory on request")
def test_freed_memory_is_used_again_without_page_faults():
    assert faults("kept") < 100 < faults()
