"""Reads the whole API of a running system, each read by somebody who may: what the demo and its test compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stack import demo_city
from stack.demo_client import Exact, FieldClient
from stack.read_routes import find_reads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stack.environment import Installation


def find_clients(installation: Installation) -> dict[str, FieldClient]:
    """Sign one member of the demo's staff in for each role."""
    clients: dict[str, FieldClient] = {}
    for account in demo_city.read_staff(installation):
        if account["role"] not in clients:
            client = clients[account["role"]] = FieldClient(installation.address("web"))
            client.log_in(account["login"], account["password"])
    return clients


def read_everything(clients: Mapping[str, FieldClient], **known: str) -> dict[str, Exact]:
    """Return what every read of the description answers, by its path; `known` are the ids in paths.

    Left out is the one that tells whether the other side is alive. The broadcast must be the salesperson's, invitation
    and conversation the planner's.
    """
    description = clients["salesperson"].get("/openapi.json")
    return {
        read.path: clients[read.role].get_exactly(read.fill(**known), read.query)
        for read in find_reads(description)
        if not read.tells_of_life
    }
