"""Every role of an installation has its password, also one that a later release brought."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from migrations.roles import MIGRATOR, RUNTIME_ROLES
from stack.databases import get_passwords

if TYPE_CHECKING:
    from pathlib import Path


def test_a_role_of_a_later_release_gets_a_password_and_the_others_keep_theirs(tmp_path: Path) -> None:
    (tmp_path / "roles.json").write_text(json.dumps({"field_sender": "as before"}))
    passwords = get_passwords(tmp_path)
    assert passwords.keys() == {MIGRATOR, *RUNTIME_ROLES["serving"], *RUNTIME_ROLES["people"]}
    assert passwords["field_sender"] == "as before"
    assert get_passwords(tmp_path) == passwords
