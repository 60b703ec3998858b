"""Fifty signed-in salespeople who ask many questions at once and pool the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from stack.demo_city import read_staff
from stack.demo_client import FieldClient, Json

if TYPE_CHECKING:
    from stack.environment import Installation
    from tests.attacks.values import Progress

_AT_ONCE = 4
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Question:
    """One request: GET with arguments, or POST with a body."""

    path: str
    arguments: dict[str, str] = field(default_factory=dict)
    body: Json | None = None


Answer: TypeAlias = tuple[Question, bytes]
Ask: TypeAlias = Callable[[FieldClient, Question], bytes]


def ask_one(client: FieldClient, question: Question) -> bytes:
    """Return the bytes of one answer."""
    address = client.address + question.path
    if question.body is None:
        response = client.session.get(address, params=question.arguments, timeout=_TIMEOUT_S)
    else:
        response = client.session.post(address, json=question.body, timeout=_TIMEOUT_S)
    response.raise_for_status()
    return response.content


def sign_in_all(installation: Installation, *, progress: Progress) -> list[FieldClient]:
    """Return a signed-in client for each account."""
    accounts = read_staff(installation)
    clients: list[FieldClient] = []

    def sign_in(account: dict[str, str]) -> FieldClient:
        client = FieldClient(installation.address("web"))
        client.log_in(account["login"], account["password"])
        return client

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for client in pool.map(sign_in, accounts):
            clients.append(client)
            progress(len(clients), len(accounts))
    return clients


def ask_all(clients: Sequence[FieldClient], questions: Sequence[Question], *, progress: Progress) -> list[Answer]:
    """Share questions out among the accounts, some at a time; returns the answers in the order of the questions."""

    def ask_share(number: int) -> list[tuple[int, Answer]]:
        share = range(number, len(questions), len(clients))
        return [(at, (questions[at], ask_one(clients[number], questions[at]))) for at in share]

    answers: dict[int, Answer] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for share in as_completed([pool.submit(ask_share, number) for number in range(len(clients))]):
            answers.update(share.result())
            progress(len(answers), len(questions))
    return [answers[at] for at in range(len(questions))]
