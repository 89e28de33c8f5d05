"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from routing.errors import InputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes the place of `path` when the block ends well and vanishes otherwise.

    An older file's rights stay, a link goes on pointing to its file, and what is no file (a pipe, a device) is written
    to instead of replaced. Raises InputError with the system's reason when the disk is full or the place not writable.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        stream = path.exists() and not path.is_file()
        target = path if stream else path.resolve()
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=None if stream else target.parent) as folder:
            beside = Path(folder) / (target.name or "stream")
            yield beside
            if stream:
                with beside.open("rb") as source, path.open("wb") as sink:
                    shutil.copyfileobj(source, sink)
                return
            if target.exists():
                shutil.copymode(target, beside)
            beside.replace(target)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}; free some space or choose another file"
        ) from None


def write_text(path: Path, text: str) -> None:
    """Writes a text file whole or not at all, see `replacing`. Raises InputError."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")
