"""The doctor's look at environment variables: what is set, what cannot be understood, what is misspelt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thoth.storages import config
from thoth.storages.cli import cli
from thoth.storages.cli.doctor_checks import OK, PROBLEM, WARNING
from thoth.storages.cli.doctor_settings import look_at_settings, names_of_options

OPTIONS = list(names_of_options(cli, "THOTH_STORAGES"))
SECRETS = [name for setting in config.all_settings() if setting.secret for name in setting.names]


def test_what_is_set_is_shown_and_secrets_are_masked() -> None:
    environ = {"KNOWLEDGE_GRAPH_PORT": "5433", "THOTH_CEPH_SECRET_KEY": "hush", "THOTH_CEPH_REGION": "", "HOME": "/"}
    found = look_at_settings(environ, OPTIONS)
    assert (found.status, found.detail) == (OK, "2 variables set")
    assert found.more == ("KNOWLEDGE_GRAPH_PORT=5433", "THOTH_CEPH_SECRET_KEY=********")


def test_of_two_names_of_a_setting_the_one_that_does_not_count_is_told() -> None:
    found = look_at_settings({"POSTGRESQL_SERVICE_HOST": "b", "KNOWLEDGE_GRAPH_HOST": "a"}, OPTIONS)
    assert found.more == (
        "KNOWLEDGE_GRAPH_HOST=a",
        "POSTGRESQL_SERVICE_HOST=b  (not used: KNOWLEDGE_GRAPH_HOST is set)",
    )


def test_a_password_in_an_address_is_masked_and_so_is_what_moves_the_cursor() -> None:
    environ = {"THOTH_S3_ENDPOINT_URL": "https://me:hush@s3.example.com", "KNOWLEDGE_GRAPH_HOST": "a\x1b[2J"}
    assert look_at_settings(environ, OPTIONS).more == (
        "KNOWLEDGE_GRAPH_HOST=a\\x1b[2J",
        "THOTH_S3_ENDPOINT_URL=********@s3.example.com",
    )


def test_what_cannot_be_understood_is_a_problem_and_its_value_is_not_shown() -> None:
    environ = {"KNOWLEDGE_GRAPH_PORT": "hush", "THOTH_STORAGES_SYNC_BATCH": "0"}
    found = look_at_settings(environ, OPTIONS)
    assert found.status == PROBLEM
    assert found.detail.startswith("environment variable KNOWLEDGE_GRAPH_PORT: expected a port")
    assert found.detail.endswith(", and 1 other")
    assert found.advice == "correct it, or: unset KNOWLEDGE_GRAPH_PORT"
    assert "hush" not in str(found)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("THOTH_STORAGES_GRAPH_CASHE", "THOTH_STORAGES_GRAPH_CACHE"),
        ("THOTH_STORAGES_SYNC_BATCHES", "THOTH_STORAGES_SYNC_BATCH"),
        ("THOTH_STORAGE_SYNC_BATCH", "THOTH_STORAGES_SYNC_BATCH"),
        ("KNOWLEDGE_GRAPH_PASWORD", "KNOWLEDGE_GRAPH_PASSWORD"),
        ("THOTH_CEPH_BUCKET_NAME", "THOTH_CEPH_BUCKET"),
        ("thoth_ceph_bucket", "THOTH_CEPH_BUCKET"),
    ],
)
def test_what_is_misspelt_is_a_warning_that_says_what_was_meant(name: str, meant: str) -> None:
    found = look_at_settings({name: "hush"}, OPTIONS)
    assert found.status == WARNING
    assert found.detail == f"{name} is no variable of this library; did you mean {meant}?"
    assert "hush" not in str(found)


@pytest.mark.parametrize(
    "name",
    [
        "THOTH_ADVISER_METADATA",
        "THOTH_LOG_GRAYLOG",
        "POSTGRESQL_PORT_5432_TCP",
        "POSTGRESQL_SERVICE_PORT_POSTGRESQL",
        "THOTH_STORAGES_SYNC_GRACEFUL",
        "THOTH_STORAGES_GRAPH_CACHE_JOBS",
        "THOTH_STORAGES_PURGE_SOLVER_YES",
        "THOTH_STORAGES_TEST_CEPH",
    ],
)
def test_names_of_others_and_of_options_are_let_be(name: str) -> None:
    assert look_at_settings({name: "1"}, OPTIONS).status == OK


def test_every_name_of_every_setting_is_known() -> None:
    names = [name for setting in config.all_settings() for name in setting.names]
    assert look_at_settings(dict.fromkeys(names, "1"), OPTIONS).status == OK


@given(st.sampled_from(SECRETS), st.text(min_size=3).filter(lambda text: "\0" not in text))
def test_no_secret_is_ever_shown(name: str, secret: str) -> None:
    plain = look_at_settings({name: "x"}, OPTIONS)
    assert look_at_settings({name: secret}, OPTIONS) == plain
