"""Files appear whole or not at all, and only files are replaced."""

import os
import stat
import threading
from pathlib import Path

import pytest

from routing.errors import InputError
from routing.files import replacing, write_text


def test_a_file_takes_the_place_of_an_older_one_and_keeps_its_rights(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("old")
    path.chmod(0o600)
    write_text(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    write_text(tmp_path / "link.json", "new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "new"


def test_a_device_is_written_to_and_never_replaced():
    with pytest.raises(InputError, match=r"^/dev/full cannot be written: No space left on device"):
        write_text(Path("/dev/full"), "x" * 100_000)
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_pipe_gets_the_content(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    with replacing(pipe) as beside:
        beside.write_bytes(b"content")
    reader.join(timeout=10)
    assert heard == [b"content"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_failed_writer_leaves_the_old_file(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("old")

    def fail_half_way() -> None:
        with replacing(path) as beside:
            beside.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(("name", "said"), [("nowhere/p.json", "No such file or directory"), ("", "Is a directory")])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name, said):
    with pytest.raises(InputError, match=f"cannot be written: {said}; "):
        write_text(tmp_path / name, "x")
