"""Ports are kept from start to start, unless somebody else took one meanwhile."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from stack.ports import forget_taken_ports, get_port

if TYPE_CHECKING:
    from pathlib import Path


def test_a_port_is_kept(tmp_path: Path) -> None:
    first = get_port(tmp_path, "web")
    forget_taken_ports(tmp_path)
    assert get_port(tmp_path, "web") == first
    assert get_port(tmp_path, "app") != first


def test_a_port_that_somebody_took_is_chosen_again(tmp_path: Path) -> None:
    web, redis = get_port(tmp_path, "web"), get_port(tmp_path, "redis")
    with socket.create_server(("127.0.0.1", web)), socket.create_server(("127.0.0.1", redis)):
        (tmp_path / "redis").mkdir()
        (tmp_path / "redis" / "redis.pid").touch()
        forget_taken_ports(tmp_path)
        assert get_port(tmp_path, "web", preferred=web) != web
        assert get_port(tmp_path, "redis") == redis
