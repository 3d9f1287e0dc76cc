"""The base of every value that cannot be changed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that cannot be changed, and that has no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")
