"""Where a publisher's file can be had, and what it must be when it arrives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lris.catalogue.manifest import Manifest

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PublishersPage(Manifest):
    """The publisher's own page: where a person gets the file by hand, and where it belongs."""

    kind: Literal["page"]
    url: str


class DirectFile(Manifest):
    """An address that answers with the file itself."""

    kind: Literal["file"]
    url: str


class WheelMember(Manifest):
    """A file carried inside a Python wheel; the wheel is pinned, never installed or imported."""

    kind: Literal["wheel"]
    package: str
    version: str
    wheel_sha256: Sha256
    wheel_bytes: int = Field(gt=0)
    member: str


Address = Annotated[PublishersPage | DirectFile | WheelMember, Field(discriminator="kind")]


class RemoteFile(Manifest):
    """One file of a source or a vintage: its name, its hash, and its addresses in order of trust.

    The publisher's own address comes first, mirrors after it. `sha256` and `bytes` are of the file
    itself, not of what it is packed in.
    """

    name: str
    period: str | None = None
    sha256: Sha256
    bytes: int = Field(gt=0)
    addresses: tuple[Address, ...] = Field(min_length=1)
