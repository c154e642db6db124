from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard import database_url
from dashboard.env import Env, Mistyped, generated_secret, private_folder


def env(tmp_path: Path, **variables: str) -> Env:
    return Env(tmp_path / ".env", variables)


def written(tmp_path: Path, text: str, **variables: str) -> Env:
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    return env(tmp_path, **variables)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    assert written(tmp_path, "PORT=9000\n", PORT="9001").text("PORT") == "9001"


def test_empty_means_unset(tmp_path: Path) -> None:
    read = written(tmp_path, "PORT=9000\nREASON=\n", PORT="  ")
    assert read.text("PORT") == "9000"
    assert read.text("REASON", "default") == "default"


def test_the_file_takes_comments_quotes_and_export(tmp_path: Path) -> None:
    read = written(tmp_path, "# why\n\nexport A='x y'\nB=\"z\"\nC = a=b\n")
    assert [read.text(name) for name in "ABC"] == ["x y", "z", "a=b"]


@pytest.mark.parametrize("text", ["PORT\n", "=1\n", "A B=1\n"])
def test_a_line_that_is_no_assignment_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(Mistyped, match=r"^Line 2 of \.env is not NAME=value\.$"):
        written(tmp_path, f"# first\n{text}")


def test_a_file_that_is_not_text_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    with pytest.raises(Mistyped, match=r"^\.env is not UTF-8 text\.$"):
        env(tmp_path)


@pytest.mark.parametrize(("word", "value"), [("on", True), ("1", True), ("No", False), ("", False)])
def test_a_flag_reads_words(tmp_path: Path, word: str, value: bool) -> None:
    assert env(tmp_path, HTTPS=word).flag("HTTPS") is value


def test_a_mistyped_flag_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Mistyped, match="HTTPS is “maybe”. Use on or off."):
        env(tmp_path, HTTPS="maybe").flag("HTTPS")


@pytest.mark.parametrize("word", ["80a", "-1", "0", "65536", "²", "1.5", "9" * 5000])
def test_a_mistyped_number_is_a_sentence(tmp_path: Path, word: str) -> None:
    with pytest.raises(Mistyped, match="Use a whole number from 1 to 65,535."):
        env(tmp_path, PORT=word).whole("PORT", 8000, low=1, high=65535)


@pytest.mark.parametrize("word", ["nan", "inf", "40.1", "soon", "-1"])
def test_mistyped_seconds_are_a_sentence(tmp_path: Path, word: str) -> None:
    with pytest.raises(Mistyped, match="Use a number of seconds from 0.1 to 40."):
        env(tmp_path, TENSORSLAB_TIMEOUT=word).seconds("TENSORSLAB_TIMEOUT", 30, low=0.1, high=40)


@pytest.mark.parametrize(("word", "value"), [("", None), ("off", None), ("0", 0), ("5", 5)])
def test_a_limit_may_be_off(tmp_path: Path, word: str, value: int | None) -> None:
    assert env(tmp_path, LIMIT=word).optional_whole("LIMIT", low=0, high=9) == value


def test_a_choice_names_what_can_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(Mistyped, match="DELETION_VERIFY is “some”. Use one of: sample, all."):
        env(tmp_path, DELETION_VERIFY="some").choice("DELETION_VERIFY", "sample", ("sample", "all"))


@pytest.mark.parametrize(
    "word", ["api.tensorslab.com", "ftp://a", "https://", "https://a:b", "https://a?x=1", "https://a b"]
)
def test_a_mistyped_address_is_a_sentence(tmp_path: Path, word: str) -> None:
    with pytest.raises(Mistyped, match="Use an address such as https://api"):
        env(tmp_path, URL=word).url("URL", "https://api.tensorslab.com")


def test_a_password_in_an_address_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(Mistyped) as caught:
        env(tmp_path, URL="https://me:hunter2@host").url("URL", "https://api.tensorslab.com")
    assert "hunter2" not in str(caught.value)


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n", encoding="utf-8")
    assert env(tmp_path, KEY_FILE=str(tmp_path / "key")).secret("KEY") == "s3cret"


def test_a_missing_secret_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Mistyped, match="KEY_FILE names .*nowhere, which can't be read: No such file"):
        env(tmp_path, KEY_FILE=str(tmp_path / "nowhere")).secret("KEY")


def test_an_empty_secret_file_is_a_sentence(tmp_path: Path) -> None:
    """Without a word another key would be made, or the sandbox started."""
    (tmp_path / "key").write_text(" \n", encoding="utf-8")
    with pytest.raises(Mistyped, match=r"^KEY_FILE names .*/key, which is empty\.$"):
        env(tmp_path, KEY_FILE=str(tmp_path / "key")).secret("KEY")


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(tmp_path: Path, key: str) -> None:
    with pytest.raises(Mistyped) as caught:
        env(tmp_path, KEY=key).header("KEY")
    assert key not in str(caught.value)


def test_a_generated_secret_is_kept_and_private(tmp_path: Path) -> None:
    file = private_folder(tmp_path / "var") / "secret_key"
    assert len(generated_secret(file)) >= 50
    assert generated_secret(file) == generated_secret(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_generated_secret_that_was_lost_is_a_sentence_and_no_new_one(tmp_path: Path) -> None:
    (tmp_path / "audit_key").write_text("\n", encoding="ascii")
    with pytest.raises(Mistyped, match="audit_key is empty. Put it back"):
        generated_secret(tmp_path / "audit_key")


def test_a_folder_that_can_not_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file", encoding="utf-8")
    with pytest.raises(Mistyped, match="can't be written: .*Set VAR_DIR"):
        generated_secret(tmp_path / "var" / "secret_key")


def test_the_folder_is_its_owners_alone_whatever_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "var"
    assert stat.S_IMODE(private_folder(folder).stat().st_mode) == 0o700
    folder.chmod(0o777)
    assert stat.S_IMODE(private_folder(folder).stat().st_mode) == 0o700


def test_a_file_with_secrets_that_others_can_read_is_noticed(tmp_path: Path) -> None:
    file, key = tmp_path / ".env", tmp_path / "key"
    file.write_text(f"SECRET_KEY_FILE={key}\n", encoding="utf-8")
    key.write_text("secret", encoding="utf-8")
    for mode, exposed in ((0o600, []), (0o640, [file, key]), (0o604, [file, key])):
        file.chmod(mode)
        key.chmod(mode)
        env = Env(file, {})
        assert env.secret("SECRET_KEY") == "secret"
        assert env.exposed == exposed


def test_no_address_means_the_file(tmp_path: Path) -> None:
    assert database_url.of("", tmp_path / "a.sqlite3")["NAME"] == str(tmp_path / "a.sqlite3")
    assert database_url.of("sqlite:////srv/b.sqlite3", tmp_path / "a")["NAME"] == "/srv/b.sqlite3"


def test_a_postgres_address_is_taken_apart(tmp_path: Path) -> None:
    read = database_url.of("postgres://me:p%40ss@db:6000/tasks?sslmode=require", tmp_path)
    assert [read[part] for part in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == ["me", "p@ss", "db", 6000, "tasks"]
    assert read["OPTIONS"] | {"sslmode": "require", "connect_timeout": 10} == read["OPTIONS"]


@pytest.mark.parametrize("url", ["mysql://a/b", "postgres://a:x/b", "postgres://a", "register"])
def test_a_mistyped_database_is_a_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises(Mistyped, match="^DATABASE_URL "):
        database_url.of(url, tmp_path)


@pytest.mark.parametrize(
    ("word", "seconds"),
    [("10m,24h", (600, 86_400)), ("1d, 5s", (5, 86_400)), ("off", ()), ("90s,90s", (90,)), ("", (60,))],
)
def test_durations(tmp_path: Path, word: str, seconds: tuple[float, ...]) -> None:
    assert env(tmp_path, AFTER=word).durations("AFTER", "1m", most=timedelta(days=366)) == seconds


@pytest.mark.parametrize("word", ["10", "10 m", "m", "-5m", "0s", "1w", "5m,,6m", "400d", "1.5h", "٣m"])
def test_a_mistyped_duration_stops_with_a_sentence(tmp_path: Path, word: str) -> None:
    with pytest.raises(Mistyped, match=r"AFTER is “.*”\. Use off, or times such as 1m"):
        env(tmp_path, AFTER=word).durations("AFTER", "1m", most=timedelta(days=366))


def test_rules_are_known_words_or_name_a_model(tmp_path: Path) -> None:
    read = env(tmp_path, RULES=" young, model:seedance v2 ,young")
    assert read.rules("RULES", ("young", "unusual")) == ("young", "model:seedance v2")
    assert read.rules("OTHERS", ("young",)) == ()
    for word in ("others", "Young", "young,,unusual", "model:", "model: ", "young unusual"):
        with pytest.raises(Mistyped, match=r"RULES holds “.*”\. Use young, unusual or model:NAME, with"):
            env(tmp_path, RULES=word).rules("RULES", ("young", "unusual"))


def test_networks(tmp_path: Path) -> None:
    read = env(tmp_path, PROXIES=" 10.0.0.0/8, 127.0.0.1 ,2001:db8::/32,")
    assert list(map(str, read.networks("PROXIES"))) == ["10.0.0.0/8", "127.0.0.1/32", "2001:db8::/32"]
    assert read.networks("OTHERS") == []
    for word in ("1", "nginx", "10.0.0.1/8", "10.0.0.0/33"):
        with pytest.raises(Mistyped, match="Use addresses or networks such as"):
            env(tmp_path, PROXIES=word).networks("PROXIES")


def test_a_time_zone_is_one_that_exists(tmp_path: Path) -> None:
    assert env(tmp_path).zone("TIME_ZONE", "UTC") == "UTC"
    assert env(tmp_path, TIME_ZONE=" Asia/Kathmandu ").zone("TIME_ZONE", "UTC") == "Asia/Kathmandu"


@pytest.mark.parametrize("word", ["Europe/Berln", "berlin", "UTC+2", "localtime", "Factory", "../../etc/passwd"])
def test_a_mistyped_time_zone_is_a_sentence(tmp_path: Path, word: str) -> None:
    with pytest.raises(Mistyped, match="TIME_ZONE is “.*”. Use the name of a time zone, such as Asia/Shanghai or UTC."):
        env(tmp_path, TIME_ZONE=word).zone("TIME_ZONE", "UTC")


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("", []),
        ("CDN.example.com, *.b.example,c.example:8443", ["cdn.example.com", "*.b.example", "c.example:8443"]),
        ("192.0.2.7", ["192.0.2.7"]),
    ],
)
def test_hosts_are_names_with_commas(tmp_path: Path, word: str, names: list[str]) -> None:
    assert env(tmp_path, MEDIA_HOSTS=word).hosts("MEDIA_HOSTS") == names


@pytest.mark.parametrize(
    "word", ["*", "*.com:x", "https://cdn.example.com", "cdn.example.com/a", "a b.example", "localhost"]
)
def test_a_mistyped_host_is_a_sentence(tmp_path: Path, word: str) -> None:
    with pytest.raises(Mistyped, match=r"MEDIA_HOSTS holds “.*”. Use names of hosts such as cdn"):
        env(tmp_path, MEDIA_HOSTS=word).hosts("MEDIA_HOSTS")


def test_a_mistyped_bucket_is_a_sentence_that_repeats_no_secret(tmp_path: Path) -> None:
    assert env(tmp_path).bucket("MEDIA_URL") is None
    found = env(tmp_path, MEDIA_URL="s3://pictures/a").bucket("MEDIA_URL")
    assert found is not None
    assert (found.name, found.prefix) == ("pictures", "a")
    with pytest.raises(Mistyped, match="MEDIA_URL can't be used. Use an address such as s3://") as caught:
        env(tmp_path, MEDIA_URL="s3://me:hunter2@pictures").bucket("MEDIA_URL")
    assert "hunter2" not in str(caught.value)
