"""What inspections left: a build, and the results of the runs that followed it.

The objects of one inspection lie in a folder: inspections/<id>/build/{Dockerfile,log,specification} and
inspections/<id>/results/<number>/{hwinfo,log,result}. In 2019 an inspection was one document, inspection/<id>.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from itertools import groupby
from typing import Any, Unpack

from .base import StorageBase
from .exceptions import NoDocumentIdError
from .inspection_schema import INSPECTION_SCHEMA
from .result_base import ResultStorageBase, StoreSettings

INSPECTIONS = "inspections"

_OF_A_RESULT = re.compile(r"(?P<number>0|[1-9][0-9]{0,8})/(?P<part>hwinfo|log|result)")


class InspectionResultsStore(ResultStorageBase):
    """The results of one inspection, numbered from 0; without an inspection, the documents of 2019, one for each."""

    RESULT_TYPE = "inspection"
    SCHEMA = INSPECTION_SCHEMA
    sub_prefix = "results"

    def __init__(
        self,
        inspection_id: str | None = None,
        *,
        deployment_name: str | None = None,
        **settings: Unpack[StoreSettings],
    ) -> None:
        """Take what is not given from the environment; SettingMissingError (a KeyError) where that lacks it too."""
        self.inspection_id = inspection_id
        super().__init__(deployment_name, **settings)

    @classmethod
    def get_document_id(cls, document: dict[str, Any]) -> str:
        """The id of the inspection that a document is about. Raises NoDocumentIdError where it names none."""
        for key in ("inspection_id", "document_id"):
            inspection_id = document.get(key)
            if isinstance(inspection_id, str) and inspection_id:
                return inspection_id
        raise NoDocumentIdError(None, "inspection_id", "the id of an inspection")

    def filter_document_ids(self, inspection_identifiers: Iterable[str]) -> dict[str, list[str]]:
        """{identifier: the ids of its documents of 2019, in lexical order}: inspection-<identifier>-<hash>."""
        found: dict[str, list[str]] = {identifier: [] for identifier in inspection_identifiers}
        for inspection_id in self.get_document_listing():
            identifier = inspection_id.partition("-")[2].rpartition("-")[0]
            if identifier in found:
                found[identifier].append(inspection_id)
        return found

    def get_results_count(self) -> int:
        """One more than the highest number of the inspection's runs; 0 where there is none, or no such inspection.

        A run that failed may have left no result, no log or neither.
        """
        return max((number for number, _ in self._parts()), default=-1) + 1

    def retrieve_hwinfo(self, item: int) -> dict[str, Any]:
        """The hardware that the run of this number had. Raises NotFoundError where that is not known."""
        return self.ceph.retrieve_document(self._part(item, "hwinfo"))

    def retrieve_log(self, item: int) -> str:
        """What the run of this number wrote. Raises NotFoundError where there is no log of it."""
        return self.ceph.retrieve_blob(self._part(item, "log")).decode(errors="replace")

    def retrieve_result(self, item: int) -> dict[str, Any]:
        """The result of the run of this number. Raises NotFoundError where there is none."""
        return self.ceph.retrieve_document(self._part(item, "result"))

    def iter_inspection_results(self) -> Generator[dict[str, Any], None, None]:
        """The results that there are, in the order of their numbers."""
        numbers = sorted(number for number, part in self._parts() if part == "result")
        keys = (self._part(number, "result") for number in numbers)
        return (result for _, result in self.ceph.retrieve_documents(keys))

    def _folder(self) -> str:
        return self.RESULT_TYPE if self.inspection_id is None else _folder_of(self.inspection_id, self.sub_prefix)

    def _part(self, item: int, part: str) -> str:
        self._check_inspection()
        return f"{item}/{part}"

    def _parts(self) -> Iterator[tuple[int, str]]:
        self._check_inspection()
        matches = (_OF_A_RESULT.fullmatch(key) for key in self.ceph.get_document_listing())
        return ((int(match["number"]), match["part"]) for match in matches if match)

    def _check_inspection(self) -> None:
        if self.inspection_id is None:
            raise ValueError("this store was made for no inspection: InspectionResultsStore(inspection_id) has results")


class InspectionBuildsStore(ResultStorageBase):
    """What the build of one inspection was made of and what became of it."""

    RESULT_TYPE = INSPECTIONS
    sub_prefix = "build"

    def __init__(
        self, inspection_id: str, *, deployment_name: str | None = None, **settings: Unpack[StoreSettings]
    ) -> None:
        """Take what is not given from the environment; SettingMissingError (a KeyError) where that lacks it too."""
        self.inspection_id = inspection_id
        super().__init__(deployment_name, **settings)

    def retrieve_dockerfile(self) -> str:
        """The Dockerfile. Raises NotFoundError where there is none."""
        return self.ceph.retrieve_blob("Dockerfile").decode(errors="replace")

    def retrieve_log(self) -> str:
        """What the build wrote. Raises NotFoundError where there is no log of it."""
        return self.ceph.retrieve_blob("log").decode(errors="replace")

    def retrieve_specification(self) -> dict[str, Any]:
        """What was to be inspected. Raises NotFoundError where there is none."""
        return self.ceph.retrieve_document("specification")

    def _folder(self) -> str:
        return _folder_of(self.inspection_id, self.sub_prefix)


class InspectionStore(StorageBase):
    """All that one inspection left, as two stores: build and results."""

    def __init__(
        self, inspection_id: str, *, deployment_name: str | None = None, **settings: Unpack[StoreSettings]
    ) -> None:
        """Take what is not given from the environment; SettingMissingError (a KeyError) where that lacks it too."""
        self.inspection_id = inspection_id
        self.build = InspectionBuildsStore(inspection_id, deployment_name=deployment_name, **settings)
        self.results = InspectionResultsStore(inspection_id, deployment_name=deployment_name, **settings)

    def connect(self) -> None:
        """Make both stores usable; no request is sent."""
        self.build.connect()
        self.results.connect()

    def is_connected(self) -> bool:
        """Whether both stores are connected; nothing is asked of the server."""
        return self.build.is_connected() and self.results.is_connected()

    def check_connection(self) -> None:
        """Nothing, where the bucket can be used; else the StorageError that tells why not."""
        self.build.check_connection()

    def retrieve_specification(self) -> dict[str, Any]:
        """What was to be inspected. Raises NotFoundError where there is no such inspection."""
        return self.build.retrieve_specification()

    def exists(self) -> bool:
        """Whether there is anything of this inspection."""
        stores = (self.build, self.results)
        return any(True for store in stores for _ in store.ceph.iterate_listing())

    @classmethod
    def iter_inspections(cls) -> Generator[str, None, None]:
        """The ids of all inspections of which there is anything, each once, as the server sorts their folders.

        Those of 2019 are not among them: InspectionResultsStore() lists them.
        """
        store = _Inspections()
        store.connect()
        keys = store.ceph.get_document_listing()
        return (folder for folder, _ in groupby(key.partition("/")[0] for key in keys if "/" in key))

    @classmethod
    def get_inspection_count(cls) -> int:
        """How many ids iter_inspections() gives; they are listed to be counted."""
        return sum(1 for _ in cls.iter_inspections())


class _Inspections(ResultStorageBase):
    """The folders of all inspections."""

    RESULT_TYPE = INSPECTIONS


def _folder_of(inspection_id: str, sub_prefix: str) -> str:
    """The folder of a part of an inspection. Raises ValueError for what would be another folder."""
    if not inspection_id or "/" in inspection_id:
        raise ValueError(f"{inspection_id!r} is no id of an inspection: it is empty or holds a slash")
    return f"{INSPECTIONS}/{inspection_id}/{sub_prefix}"
