from __future__ import annotations

from pathlib import Path

import pytest

from dashboard import sign_in_variables
from dashboard.access import roles
from dashboard.env import Env, Mistyped

NOWHERE = Path("/nowhere")
OPENID = {
    "OIDC_ISSUER": "https://id.example.com/realms/a/",
    "OIDC_CLIENT_ID": "tasks",
    "OIDC_CLIENT_SECRET": "secret",
    "OIDC_ROLES": "ops=administrator, ml=operator,*=viewer",
}


def test_the_roles_are_those_that_there_are() -> None:
    assert tuple(roles.ROLES) == sign_in_variables.ROLES


def test_roles_are_read() -> None:
    env = Env(NOWHERE, {"REQUIRE_SECOND_FACTOR": "approver, administrator"})
    assert sign_in_variables.roles(env, "REQUIRE_SECOND_FACTOR") == ("approver", "administrator")
    assert sign_in_variables.roles(Env(NOWHERE, {}), "REQUIRE_SECOND_FACTOR") == ()


@pytest.mark.parametrize("word", ["admin", "Approver", "approver;viewer", "approver viewer", "on"])
def test_an_unknown_role_stops_the_start(word: str) -> None:
    with pytest.raises(Mistyped, match="The roles are viewer, operator, approver, administrator"):
        sign_in_variables.roles(Env(NOWHERE, {"REQUIRE_SECOND_FACTOR": word}), "REQUIRE_SECOND_FACTOR")


def test_the_issuer_is_read_to_the_letter(tmp_path: Path) -> None:
    by_group = {"ops": "administrator", "ml": "operator", "*": "viewer"}
    found = sign_in_variables.openid(Env(NOWHERE, OPENID))
    assert found == ("https://id.example.com/realms/a/", "tasks", "secret", by_group)
    assert sign_in_variables.openid(Env(NOWHERE, {"OIDC_ROLES": "nonsense"})) == ("", "", "", {})
    (tmp_path / "secret").write_text("of a file\n")
    (tmp_path / "secret").chmod(0o600)
    of_file = {**OPENID, "OIDC_CLIENT_SECRET": "", "OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret")}
    assert sign_in_variables.openid(Env(NOWHERE, of_file))[2] == "of a file"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"OIDC_ISSUER": "id.example.com"}, "OIDC_ISSUER is “id.example.com”"),
        ({"OIDC_ISSUER": "http://id.example.com"}, "must do so by https"),
        ({"OIDC_ISSUER": "http://localhost.example.com"}, "must do so by https"),
        ({"OIDC_CLIENT_ID": ""}, "OIDC_ISSUER is set and OIDC_CLIENT_ID is not"),
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_ISSUER is set and OIDC_CLIENT_SECRET is not"),
        ({"OIDC_ROLES": ""}, "OIDC_ISSUER is set and OIDC_ROLES is not"),
        ({"OIDC_ROLES": "ops"}, "OIDC_ROLES holds “ops”"),
        ({"OIDC_ROLES": "=viewer"}, "OIDC_ROLES holds “=viewer”"),
        ({"OIDC_ROLES": "ops=root"}, "OIDC_ROLES holds “root”"),
    ],
)
def test_what_is_mistyped_stops_the_start(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(Mistyped, match=sentence):
        sign_in_variables.openid(Env(NOWHERE, OPENID | variables))


def test_a_header_is_believed_of_named_proxies_only() -> None:
    known = {"TRUSTED_PROXIES": "10.0.0.1"}
    env = Env(NOWHERE, {"REMOTE_USER_HEADER": "X-Remote-User", **known})
    assert sign_in_variables.remote_user_header(env) == "HTTP_X_REMOTE_USER"
    for variables in ({"REMOTE_USER_HEADER": "X-Remote-User"}, {"REMOTE_USER_HEADER": "X Remote", **known}):
        with pytest.raises(Mistyped):
            sign_in_variables.remote_user_header(Env(NOWHERE, variables))
