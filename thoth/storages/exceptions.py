"""Every error this library raises.

    ThothStorageExceptionError
    ├── SettingError (ValueError)                  an environment variable that cannot be understood
    │   └── SettingMissingError (KeyError)         one that is needed and not set
    ├── DatabaseError
    │   ├── NotConnectedError (ValueError)         connect() comes first
    │   │   └── OfflineError                       only the database knows, and there is a graph cache alone
    │   ├── AlreadyConnectedError (ValueError)     connect() was called before
    │   ├── DatabaseConnectionError                no server there, or it refused us
    │   ├── DatabaseNotInitializedError            no database or no tables: initialize_schema()
    │   ├── SchemaNotOursError                     tables or a revision that this library must not change
    │   ├── DatabaseUnavailableError               a passing fault outlasted the retries
    │   └── DatabaseStatementError                 the server refused a statement
    ├── StorageError
    │   ├── StorageConnectionError                 no object storage there, or not where the endpoint points
    │   ├── StorageAccessError                     it refuses the access key, or what the key may not do
    │   ├── BucketNotFoundError                    it has no such bucket
    │   ├── StorageUnavailableError                a passing fault outlasted the retries
    │   └── StorageRequestError                    it refused a request for another reason
    ├── AmunError
    │   ├── AmunUnavailableError                   Amun cannot be reached, or a passing fault outlasted the retries
    │   └── AmunResponseError                      it refused a request, or gave no answer that can be understood
    ├── SchemaError (ValueError)                   a document is not what it should be
    │   ├── NoDocumentIdError                      ... and does not even name itself
    │   ├── DocumentKindError                      ... and has the id of a document of another kind
    │   └── DocumentCorruptedError (StorageError)  ... because what is stored is no JSON object, or not all of it
    ├── SolverNameParseError (ValueError)          not solver-<os>-<version>-py<XY>
    ├── NotFoundError                              what was asked for is not there
    │   └── CacheMissError
    ├── FilterMissingError (ValueError)            nothing says what is to be deleted: that would be everything
    ├── MultipleFoundError
    ├── GraphCacheError
    │   └── CacheConfigurationError (ValueError)   the file that says what to cache is wrong
    ├── EmbeddedServerError                        a server for trying out did not start or stop
    ├── PythonIndexNotRegisteredError
    ├── PythonIndexNotProvidedError
    ├── SolverNotRunError
    ├── PerformanceIndicatorError
    │   ├── PerformanceIndicatorNotRegisteredError           no model stands for what an inspection reports
    │   ├── PerformanceIndicatorReportError (ValueError)     a report does not fit its model's columns
    │   └── PerformanceIndicatorDefinitionError (TypeError)  a class cannot be an indicator
    ├── DistutilsKeyNotKnownError
    ├── SortTypeQueryError
    └── CudaVersionDoesNotMatchError

No message holds a password, a secret key or the parameters of a statement.
"""

from __future__ import annotations

from collections.abc import Sequence


class ThothStorageExceptionError(Exception):
    """The base of every error of this library."""


class SettingError(ThothStorageExceptionError, ValueError):
    """An environment variable holds something that cannot be understood: correct or unset it."""

    def __init__(self, name: str, expected: str) -> None:
        """Name the variable and what it should have held; what it holds may be a secret and is not shown."""
        super().__init__(f"environment variable {name}: expected {expected}")
        self.name = name
        self.expected = expected


class SettingMissingError(SettingError, KeyError):
    """An environment variable that is needed is not set: set it, or give the argument it stands for."""

    __str__ = Exception.__str__


class DatabaseError(ThothStorageExceptionError):
    """The base of everything that goes wrong between this library and PostgreSQL."""


class NotConnectedError(DatabaseError, ValueError):
    """The adapter is not connected: call connect() first."""


class OfflineError(NotConnectedError):
    """An adapter that has a graph cache alone was asked what only the database knows."""


class AlreadyConnectedError(DatabaseError, ValueError):
    """The adapter is connected already: call disconnect() before connecting again."""


class DatabaseConnectionError(DatabaseError):
    """No connection could be made: check that the server runs, and host, port, user and password."""


class DatabaseNotInitializedError(DatabaseError):
    """The database or its tables do not exist yet: call initialize_schema()."""


class SchemaNotOursError(DatabaseError):
    """The database holds what this library must not change; nothing of it was changed. advice is what helps."""

    def __init__(self, place: str, found: str, expected: str, advice: str) -> None:
        """Name the database, what was found in it, what was expected there and what to do."""
        super().__init__(f"{place}: found {found}; expected {expected}; {advice}")
        self.found = found
        self.expected = expected
        self.advice = advice


class DatabaseUnavailableError(DatabaseError):
    """The server went away or could not finish, and several tries did not help: try again later."""


class DatabaseStatementError(DatabaseError):
    """The server refused a statement; __cause__ is the driver's error, sqlstate says why."""

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        """Keep the five-letter code of https://www.postgresql.org/docs/current/errcodes-appendix.html."""
        super().__init__(message)
        self.sqlstate = sqlstate


class StorageError(ThothStorageExceptionError):
    """The base of everything that goes wrong between this library and object storage."""


class StorageConnectionError(StorageError):
    """No connection could be made: check that the server runs, and the endpoint's URL."""


class StorageAccessError(StorageError):
    """The server refused the access key, or what it may not do: check the key, its secret and the bucket's policy."""


class BucketNotFoundError(StorageError):
    """The server has no such bucket: check the bucket's name, and the endpoint."""


class StorageUnavailableError(StorageError):
    """The server went away or could not finish, and several tries did not help: try again later."""


class StorageRequestError(StorageError):
    """The server refused a request; __cause__ is botocore's error, code is S3's word for it."""

    def __init__(self, message: str, code: str) -> None:
        """Keep the code of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""
        super().__init__(message)
        self.code = code


class AmunError(ThothStorageExceptionError):
    """The base of everything that goes wrong between this library and Amun, which builds and runs inspections."""


class AmunUnavailableError(AmunError):
    """Amun cannot be reached or could not answer, and several tries did not help: check the URL, try again later."""


class AmunResponseError(AmunError):
    """Amun refused a request, or answered what is no JSON object or too large."""


class SchemaError(ThothStorageExceptionError, ValueError):
    """A document is not what it should be; nothing of it was stored."""

    def __init__(self, document_id: str | None, path: str, expected: str) -> None:
        """Name the document, the place in it (result.tree[3].sha256[0]) and what was expected there."""
        super().__init__(f"document {document_id or '<without an id>'}: at {path}: expected {expected}")
        self.document_id = document_id
        self.path = path
        self.expected = expected


class NoDocumentIdError(SchemaError):
    """A document has neither metadata.document_id nor a metadata.hostname to derive one from."""


class DocumentKindError(SchemaError):
    """A document has the id of one of another kind: one of the two was stored under an id that is not its own."""

    def __init__(self, document_id: str, known_kind: str, told_kind: str) -> None:
        """Name the document, the kind it is known as and the kind it was told as."""
        expected = f"an id of its own: the graph knows it as {known_kind}, and this is {told_kind}"
        super().__init__(document_id, "metadata.document_id", expected)
        self.known_kind = known_kind
        self.told_kind = told_kind


class DocumentCorruptedError(SchemaError, StorageError):
    """What is stored under a document's key is no JSON object, or only a part of it; size is in bytes."""

    def __init__(self, document_id: str, bucket: str, key: str, size: int, expected: str = "a JSON object") -> None:
        """Name the document, its bucket and key, how many bytes were read, and what was expected."""
        super().__init__(document_id, f"the top of object {key!r} in bucket {bucket!r} ({size:,} bytes)", expected)
        self.bucket = bucket
        self.key = key
        self.size = size


class SolverNameParseError(ThothStorageExceptionError, ValueError):
    """A solver's name is not of the form solver-<os name>-<os version>-py<XY>."""


class NotFoundError(ThothStorageExceptionError):
    """What was asked for is not there."""


class CacheMissError(NotFoundError):
    """The cache holds no such document, or one that is broken."""


class MultipleFoundError(ThothStorageExceptionError):
    """More than one thing matches where exactly one was expected."""


class GraphCacheError(ThothStorageExceptionError):
    """A graph cache file could not be built, stored or restored."""


class CacheConfigurationError(GraphCacheError, ValueError):
    """The configuration of a graph cache is not a mapping with the key python-packages, a list of names."""


class EmbeddedServerError(ThothStorageExceptionError):
    """A server for trying out could not be started or stopped; the message names its log."""


class PythonIndexNotRegisteredError(ThothStorageExceptionError):
    """A Python package index is unknown or disabled: register_python_package_index() adds one."""


class PythonIndexNotProvidedError(ThothStorageExceptionError):
    """A locked package does not say which index it comes from."""


class SolverNotRunError(ThothStorageExceptionError):
    """A package was not solved yet, and what is to be stored needs it to be."""


class PerformanceIndicatorError(ThothStorageExceptionError):
    """The base of everything that goes wrong with performance indicators."""


class PerformanceIndicatorNotRegisteredError(PerformanceIndicatorError):
    """An inspection names a performance indicator that no model stands for: import the module that defines it."""


class PerformanceIndicatorReportError(PerformanceIndicatorError, ValueError):
    """What a script reported does not fit its indicator's columns; nothing of it was stored."""

    def __init__(self, indicator: str | None, problems: Sequence[str]) -> None:
        """Name the indicator (None where the report does not even name it) and everything that is wrong."""
        super().__init__(f"report of {indicator or 'a performance indicator'}: {'; '.join(problems)}")
        self.indicator = indicator
        self.problems = tuple(problems)


class PerformanceIndicatorDefinitionError(PerformanceIndicatorError, TypeError):
    """A class cannot be a performance indicator; the message says why."""


class FilterMissingError(ThothStorageExceptionError, ValueError):
    """Nothing says what is to be deleted, which would be everything: give at least one of the filters."""

    def __init__(self, what: str, filters: Sequence[str]) -> None:
        """Name what would be deleted, and the filters of which one is needed."""
        super().__init__(f"{what}: expected at least one of {', '.join(filters)}; without any, all would be deleted")
        self.filters = tuple(filters)


class DistutilsKeyNotKnownError(ThothStorageExceptionError):
    """A metadata key is none of Requires-Dist, Provides-Dist and Obsoletes-Dist."""


class SortTypeQueryError(ThothStorageExceptionError):
    """A question cannot be sorted as was asked."""


class CudaVersionDoesNotMatchError(ThothStorageExceptionError):
    """An image analysis found two different CUDA versions."""


# What releases of 2019 called them; services still catch these names.
ThothStorageException = ThothStorageExceptionError
CacheMiss = CacheMissError
NotConnected = NotConnectedError
PythonIndexNotRegistered = PythonIndexNotRegisteredError
PythonIndexNotProvided = PythonIndexNotProvidedError
SolverNotRun = SolverNotRunError
PerformanceIndicatorNotRegistered = PerformanceIndicatorNotRegisteredError
