"""The files for running beatplan for good: they parse, name commands and settings that exist, and hold no secret."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from api.cli import COMMANDS
from api.settings import documented
from tests.api.test_command_line import ROOT

DEPLOY = ROOT / "scripts" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))


@pytest.mark.parametrize("file", sorted(DEPLOY.iterdir()), ids=lambda file: file.name)
def test_settings_that_are_named_exist(file: Path) -> None:
    named = set(re.findall(r"\bBEATPLAN_[A-Z_]+", file.read_text("utf-8"))) - {"BEATPLAN_NAME"}
    assert named <= set(documented())


def test_the_compose_file_runs_commands_that_exist_on_one_database() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    ours = {name: service for name, service in services.items() if name != "database"}
    assert {service["command"][0] for service in ours.values()} <= set(COMMANDS)
    assert len({service["environment"]["BEATPLAN_DATABASE_URL"] for service in ours.values()}) == 1
    assert "${POSTGRES_PASSWORD:?" in services["database"]["environment"]["POSTGRES_PASSWORD"]
    for service in ours.values():
        for other in service["depends_on"]:
            assert other in services


def test_the_image_is_built_from_all_that_the_wheel_needs() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    copied = {
        name for line in lines if line.startswith("COPY ") and "--from" not in line for name in line.split()[1:-1]
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {wheel["hooks"]["custom"]["path"], *wheel["packages"], project["project"]["readme"], "constraints.txt"}
    assert {name.split("/")[0] for name in needed} <= copied
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize("file", [DEPLOY / "Dockerfile", *UNITS], ids=lambda file: file.name)
def test_kernels_lie_where_their_user_may_write_and_are_compiled_beforehand(file: Path) -> None:
    text = file.read_text("utf-8")
    (where,) = set(re.findall(r"NUMBA_CACHE_DIR=(\S+)", text))
    assert where.startswith("/var/lib/beatplan/") or re.search(rf"install -d -o beatplan .*{where}\b", text)
    assert text.index("NUMBA_CACHE_DIR") < text.index("python -m routing.warm")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_a_command_that_exists_and_stops_in_time(unit: Path) -> None:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(unit.read_text("utf-8"))
    service = parsed["Service"]
    assert service["ExecStart"].split()[1] in COMMANDS
    assert int(service["TimeoutStopSec"]) > 5
    assert service["KillMode"] == "mixed"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze not found")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_a_unit(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name.replace("@", "@1")
    copy.write_text(re.sub(r"(?m)^(Exec\w+=)\S+", r"\1/bin/true", unit.read_text("utf-8")), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    assert "Unknown" not in done.stderr, done.stderr
    assert "Failed to parse" not in done.stderr, done.stderr
