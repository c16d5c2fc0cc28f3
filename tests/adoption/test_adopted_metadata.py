"""Core metadata: known by all that it says, its lists included, whatever texts these are."""

from __future__ import annotations

import random

from support.digests import metadata_of, wrong_digests
from support.published import Adopted, Cases, OldRows

CASES = Cases()
LISTS = {
    "classifier": ("classifier",),
    "platform": ("platform",),
    "supported_platform": ("supported_platform",),
    "requires_external": ("dependency",),
    "provides_extra": ("optional_feature",),
    "project_url": ("url", "label"),
    "distutils": ("distutils",),
}
ODD_TEXTS = (
    "'quoted' \"twice\"",
    "back\\slash \\u0041 \\",
    "lines\nand\ttabs\r\n",
    "\x01\x07\x08\x0b\x0c\x1b\x1f\x7f\x80\x9f",
    "emoji 😀 and \U0001d4bb \u2028 \ufffe \ufdd0",
    " blanks at both ends ",
    "%s %(x)s :name {braces} $1 </script>/",
    "null",
    "é and e\u0301",
)


def _with_lists(old: OldRows, lists: dict[str, list[str | None]], **scalars: str | None) -> int:
    metadata = old.put("python_package_metadata", **scalars)
    for name, texts in lists.items():
        for text in texts:
            kind = {"distutils_type": "PROVIDED"} if name == "distutils" else {}
            value = old.put(f"python_package_metadata_{name}", **dict.fromkeys(LISTS[name], text), **kind)
            link = {"python_package_metadata_id": metadata, f"python_package_metadata_{name}_id": value}
            old.put(f"has_metadata_{name}", **link)
    return metadata


def _hung_on_versions(old: OldRows, name: str, metadata: list[int]) -> None:
    for number, one in enumerate(metadata):
        old.put(
            "python_package_version", package_name=name, package_version=f"{number}", python_package_metadata_id=one,
            entity_id=old.put("python_package_version_entity", package_name=name, package_version=f"{number}"),
        )  # fmt: skip


# --- One or two ------------------------------------------------------------------------------------------------------


@CASES.add
def _equal_in_all_but_the_order_and_repetition_of_lists(old: OldRows) -> None:
    one = _with_lists(old, {"classifier": ["B", "A"], "platform": ["any"]}, name="same", summary="x")
    other = _with_lists(old, {"classifier": ["A", "B", "A", "", None], "platform": ["any"]}, name="same", summary="x")
    _hung_on_versions(old, "same", [one, other])


def test_metadata_that_says_the_same_is_one_row(adopted: Adopted) -> None:
    rows = adopted.rows("SELECT id FROM python_package_metadata WHERE name = 'same'")
    lowest = adopted.rows("SELECT min(id) FROM published_0_74.python_package_metadata WHERE name = 'same'")
    assert rows == lowest
    used = "SELECT DISTINCT python_package_metadata_id FROM python_package_version WHERE package_name = 'same'"
    assert adopted.rows(used) == rows
    assert metadata_of(adopted.engine)[rows[0][0]][0].classifiers == ("A", "B")


@CASES.add
def _equal_in_scalars_only(old: OldRows) -> None:
    metadata = [_with_lists(old, {"provides_extra": [extra]}, name="wheels") for extra in ("cpu", "gpu")]
    _hung_on_versions(old, "wheels", metadata)


def test_metadata_that_differs_in_a_list_stays_two_rows_each_with_its_own(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT v.package_version, x.optional_feature FROM python_package_version v
        JOIN has_metadata_provides_extra h USING (python_package_metadata_id)
        JOIN python_package_metadata_provides_extra x ON x.id = h.python_package_metadata_provides_extra_id
        WHERE v.package_name = 'wheels' ORDER BY 1""")
    assert rows == [("0", "cpu"), ("1", "gpu")]


@CASES.add
def _null_and_empty_scalars(old: OldRows) -> None:
    for author in (None, "", None):
        _with_lists(old, {}, name="null or empty", author=author)


def test_a_missing_scalar_and_an_empty_one_are_two_things(adopted: Adopted) -> None:
    rows = adopted.rows("SELECT author FROM python_package_metadata WHERE name = 'null or empty' ORDER BY 1")
    assert rows == [("",), (None,)]


# --- Values ----------------------------------------------------------------------------------------------------------


@CASES.add
def _values_without_a_text(old: OldRows) -> None:
    everywhere: dict[str, list[str | None]] = {name: [None, "", "kept"] for name in LISTS}
    _with_lists(old, everywhere, name="voids")
    metadata = _with_lists(old, {}, name="half links")
    for url, label in (("https://x", ""), ("https://x", None), ("", "Home"), ("https://x", "Home")):
        value = old.put("python_package_metadata_project_url", url=url, label=label)
        link = {"python_package_metadata_id": metadata, "python_package_metadata_project_url_id": value}
        old.put("has_metadata_project_url", **link)


def test_values_without_a_text_are_left_out_and_counted(adopted: Adopted) -> None:
    for name, columns in LISTS.items():
        nothing = " AND ".join(f"coalesce({column}, '') = ''" for column in columns)
        assert adopted.rows(f"SELECT 1 FROM python_package_metadata_{name} WHERE {nothing}") == []
        assert sum(adopted.step(f"python_package_metadata_{name}").left_out.values()) >= 2


def test_half_a_link_is_kept_and_void_halves_are_null(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT u.url, u.label FROM has_metadata_project_url h
        JOIN python_package_metadata_project_url u ON u.id = h.python_package_metadata_project_url_id
        JOIN python_package_metadata m ON m.id = h.python_package_metadata_id WHERE m.name = 'half links'
        ORDER BY 1 NULLS FIRST, 2 NULLS FIRST""")
    assert rows == [(None, "Home"), ("https://x", None), ("https://x", "Home")]


@CASES.add
def _dependencies_of_unknown_kind(old: OldRows) -> None:
    metadata = _with_lists(old, {"distutils": ["said"]}, name="unknown kind")
    for kind in ("REQUIRED", None):
        value = old.put("python_package_metadata_distutils", distutils="said", distutils_type=kind)
        link = {"python_package_metadata_id": metadata, "python_package_metadata_distutils_id": value}
        old.put("has_metadata_distutils", **link)


def test_one_text_may_be_required_and_provided_and_needs_a_kind(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT CAST(d.distutils_type AS text) FROM has_metadata_distutils h
        JOIN python_package_metadata_distutils d ON d.id = h.python_package_metadata_distutils_id
        JOIN python_package_metadata m ON m.id = h.python_package_metadata_id WHERE m.name = 'unknown kind'
        ORDER BY d.distutils_type""")
    assert rows == [("REQUIRED",), ("PROVIDED",)]


@CASES.add
def _licences_without_one_of_their_names(old: OldRows) -> None:
    for name, identifier, version in (
        ("MIT License", "MIT", "3.20"),
        ("MIT License", "MIT", ""),
        ("MIT License", "", ""),
        ("", "", ""),
    ):
        licence = old.put(
            "python_package_license", license_name=name, license_identifier=identifier, license_version=version
        )
        old.put("python_package_version", package_version=version or "0", package_license=licence)


def test_a_licence_without_any_name_is_none(adopted: Adopted) -> None:
    rows = adopted.rows("SELECT license_name, license_identifier, license_version FROM python_package_license")
    assert set(rows) == {("MIT License", "MIT", "3.20"), ("MIT License", "MIT", None), ("MIT License", None, None)}
    assert adopted.step("python_package_license").left_out == {"breaks python_package_license_not_empty_check": 1}


# --- Texts -----------------------------------------------------------------------------------------------------------


@CASES.add
def _odd_texts_everywhere(old: OldRows) -> None:
    for text in ODD_TEXTS:
        _with_lists(old, {name: [text, text + "2"] for name in LISTS}, name="odd", description=text)
    _with_lists(old, {"classifier": ["c" * 5_000]}, name="long", description="long \\ 'é😀'\n" * 4_000)


def test_no_text_is_too_odd_or_too_long(adopted: Adopted) -> None:
    kept = adopted.rows("SELECT description FROM python_package_metadata WHERE name = 'odd'")
    assert {text for (text,) in kept} == set(ODD_TEXTS)
    (long,) = adopted.rows("SELECT description FROM python_package_metadata WHERE name = 'long'")
    assert len(long[0].encode()) > 60_000
    classifiers = {text for (text,) in adopted.rows("SELECT classifier FROM python_package_metadata_classifier")}
    assert classifiers > {*ODD_TEXTS, "c" * 5_000}


@CASES.add
def _texts_that_chance_made(old: OldRows) -> None:
    chance = random.Random(74)
    letters = "aZ09_-.,'\"\\/\n\t\x01\x1f\x7f é\u0301ß漢😀\U0010ffff\ue000\uffff"

    def text() -> str:
        return "".join(chance.choices(letters, k=chance.randrange(1, 5)))

    for _ in range(25):
        lists: dict[str, list[str | None]] = {name: [text() for _ in range(chance.randrange(4))] for name in LISTS}
        _with_lists(old, lists, name=text(), keywords=chance.choice((None, text())), summary=text())


def test_every_digest_is_the_one_that_a_document_saying_the_same_would_have(adopted: Adopted) -> None:
    assert len(metadata_of(adopted.engine)) > 30
    assert wrong_digests(adopted.engine) == []
