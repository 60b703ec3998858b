"""There is one way to a phone in clear, and it asks for the entry of the audit first."""

from __future__ import annotations

import ast
import inspect

from privacy.audit.recording import BatchRead, PhoneRead
from privacy.people.vault import Vault
from tests.architecture.sources import ROOT, find_python_files

_CIPHERS = "cryptography.hazmat.primitives.ciphers"


def _find_importers(module: str) -> set[str]:
    found = set()
    for path in find_python_files():
        name = str(path.relative_to(ROOT))
        if name.startswith(("tests/", "benchmarks/")):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(one.startswith(module) for one in names):
                found.add(name)
    return found


def test_only_the_vault_deciphers_phones_and_others_only_names_of_their_own() -> None:
    names = {"privacy/people/handles.py"}  # of a household, to one planner
    assert _find_importers(_CIPHERS) == {"privacy/people/vault.py"} | names


def test_the_vault_opens_nothing_without_a_place_for_the_entry() -> None:
    read = inspect.signature(Vault.open).parameters["read"]
    assert read.default is inspect.Parameter.empty
    assert read.annotation == f"{PhoneRead.__name__} | {BatchRead.__name__}"


def test_a_place_for_the_entry_is_made_only_where_an_act_is_at_hand() -> None:
    makers = _find_importers("privacy.audit.recording")
    for name in makers:
        text = (ROOT / name).read_text()
        assert "Act(" not in text, f"{name} makes an act without a transaction that writes it"
