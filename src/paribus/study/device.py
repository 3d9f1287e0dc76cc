"""On which device a run is trained: the processor or a GPU.

An option of the execution chooses it for a whole study, as it does threads. A variant that names its device
is trained there, whatever the option says, and is another run than one that does not.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Device: TypeAlias = Literal["cpu", "gpu"]
Devices: TypeAlias = Literal["cpu", "gpu", "auto"]
