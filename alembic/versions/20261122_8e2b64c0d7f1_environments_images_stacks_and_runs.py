"""The rest of the data model: environments, images, stacks, runs of every analyser, performance indicators.

Revision: 8e2b64c0d7f1
After: 5c1d7e0a9b42
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "8e2b64c0d7f1"
down_revision = "5c1d7e0a9b42"
branch_labels = None
depends_on = None

ENVIRONMENT_TYPE = postgresql.ENUM("RUNTIME", "BUILDTIME", name="environment_type", create_type=False)
INSPECTION_SYNC_STATE = postgresql.ENUM("PENDING", "SYNCED", name="inspection_sync_state", create_type=False)
RECOMMENDATION_TYPE = postgresql.ENUM(
    "STABLE", "TESTING", "LATEST", "PERFORMANCE", "SECURITY", name="recommendation_type", create_type=False
)
REQUIREMENTS_FORMAT = postgresql.ENUM("PIPENV", name="requirements_format", create_type=False)
SOFTWARE_STACK_TYPE = postgresql.ENUM("USER", "INSPECTION", "ADVISED", name="software_stack_type", create_type=False)
SOURCE_TYPE = postgresql.ENUM(
    "CLI", "KEBECHET", "S2I", "GITHUB_APP", "JUPYTER_NOTEBOOK", name="source_type", create_type=False
)
TYPES = (
    ENVIRONMENT_TYPE,
    INSPECTION_SYNC_STATE,
    RECOMMENDATION_TYPE,
    REQUIREMENTS_FORMAT,
    SOFTWARE_STACK_TYPE,
    SOURCE_TYPE,
)

COMMENTS = {
    "depends_on": "A row says that a package version, in its environment, may be satisfied by a version of another package.",
    "ecosystem_solver": "A row is a solver in a version, for the environment it runs in.",
    "found_import_package": "A row says that a package version provides a name to import in its environment.",
    "graph_identity": "The one row tells this graph from every other; it is new after drop_all.",
    "has_artifact": "A row says that a package version on an index is distributed as an artifact.",
    "has_metadata_classifier": "A row says that metadata lists a classifier.",
    "has_metadata_distutils": "A row says that metadata lists a text of Requires-Dist, Provides-Dist or Obsoletes-Dist.",
    "has_metadata_platform": "A row says that metadata lists a platform.",
    "has_metadata_project_url": "A row says that metadata lists a link.",
    "has_metadata_provides_extra": "A row says that metadata lists an optional feature.",
    "has_metadata_requires_external": "A row says that metadata lists an external requirement.",
    "has_metadata_supported_platform": "A row says that metadata lists a supported platform.",
    "import_package": "A row is a name that can be imported.",
    "package_change": "A row says which transaction last changed what the graph knows of a package.",
    "python_artifact": "A row is a file that a package version is distributed as, known by its digest.",
    "python_package_index": "A row is a Python package index: a place that packages come from.",
    "python_package_license": "A row is a licence as a licence database of some version names it.",
    "python_package_metadata": "A row is the core metadata of a distribution, as importlib.metadata gives it.",
    "python_package_metadata_classifier": "A row is a trove classifier (Classifier).",
    "python_package_metadata_distutils": "A row is a text under Requires-Dist, Provides-Dist or Obsoletes-Dist.",
    "python_package_metadata_platform": "A row is a platform a distribution claims to run on (Platform).",
    "python_package_metadata_project_url": "A row is a link of a project with its label (Project-URL).",
    "python_package_metadata_provides_extra": "A row is the name of an optional feature (Provides-Extra).",
    "python_package_metadata_requires_external": "A row is something outside of Python that a distribution needs (Requires-External).",
    "python_package_metadata_supported_platform": "A row is a platform a binary distribution was built for (Supported-Platform).",
    "python_package_version": "A row is a package in a version on an index, as a solver found it in one environment.",
    "python_package_version_entity": "A row is a package in a version on an index, in no environment; version or index may be unknown (NULL).",
    "solved": "A row says how a solver's run, known by its document, ended for a package version; rows are history.",
    "synced_document": "A row is a document the graph was told; it is written in the same transaction as what the document says.",
}


def upgrade() -> None:
    for type_ in TYPES:
        op.execute(postgresql.CreateEnumType(type_))
    op.create_table(
        "cve",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "cve_id",
            sa.Text(),
            nullable=False,
            comment="the advisory's own name, such as PYSEC-2023-62 or CVE-2023-30861",
        ),
        sa.Column(
            "aggregated_at", sa.DateTime(timezone=True), nullable=True, comment="when it was read from its source"
        ),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True, comment="URL of its description"),
        sa.CheckConstraint("cve_id <> ''", name=op.f("cve_cve_id_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("cve_pkey")),
        sa.UniqueConstraint("cve_id", name=op.f("cve_cve_id_key")),
        comment="A row is a known vulnerability.",
    )
    op.create_table(
        "cve_timestamp",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("cve_timestamp_pkey")),
        comment="The one row says when vulnerabilities were last looked up.",
    )
    op.create_index("cve_timestamp_single_idx", "cve_timestamp", [sa.literal_column("(true)")], unique=True)
    op.create_table(
        "deb_dependency",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("package_name", sa.Text(), nullable=False),
        sa.CheckConstraint("package_name <> ''", name=op.f("deb_dependency_package_name_check")),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("deb_dependency_key_sha256_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("deb_dependency_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("deb_dependency_key_sha256_key")),
        comment="A row is something a Debian package may name in a relation: a package, or alternatives as they are written.",
    )
    op.create_table(
        "deb_package_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("package_name", sa.Text(), nullable=False),
        sa.Column("package_version", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=True, comment="NULL is epoch 0"),
        sa.Column("arch", sa.Text(), nullable=True),
        sa.CheckConstraint("epoch <> '0'", name=op.f("deb_package_version_epoch_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("deb_package_version_pkey")),
        sa.UniqueConstraint(
            "package_name",
            "package_version",
            "epoch",
            "arch",
            name="deb_package_version_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row is a Debian package in a version, for an architecture.",
    )
    op.create_table(
        "external_hardware_information",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("cpu_vendor", sa.BigInteger(), nullable=True, comment="number as CPUID gives it"),
        sa.Column("cpu_model", sa.BigInteger(), nullable=True, comment="number as CPUID gives it"),
        sa.Column("cpu_cores", sa.BigInteger(), nullable=True),
        sa.Column("cpu_model_name", sa.Text(), nullable=True),
        sa.Column("cpu_family", sa.BigInteger(), nullable=True, comment="number as CPUID gives it"),
        sa.Column("cpu_physical_cpus", sa.BigInteger(), nullable=True),
        sa.Column("gpu_model_name", sa.Text(), nullable=True),
        sa.Column("gpu_vendor", sa.Text(), nullable=True),
        sa.Column("gpu_cores", sa.BigInteger(), nullable=True),
        sa.Column("gpu_memory_size", sa.BigInteger(), nullable=True, comment="as it was told, in no unit of ours"),
        sa.Column("ram_size", sa.BigInteger(), nullable=True, comment="as it was told, in no unit of ours"),
        sa.CheckConstraint("cpu_cores >= 0", name=op.f("external_hardware_information_cpu_cores_check")),
        sa.CheckConstraint(
            "cpu_physical_cpus >= 0", name=op.f("external_hardware_information_cpu_physical_cpus_check")
        ),
        sa.CheckConstraint("gpu_cores >= 0", name=op.f("external_hardware_information_gpu_cores_check")),
        sa.CheckConstraint("gpu_memory_size >= 0", name=op.f("external_hardware_information_gpu_memory_size_check")),
        sa.CheckConstraint(
            "num_nonnulls(cpu_vendor, cpu_model, cpu_cores, cpu_model_name, cpu_family, cpu_physical_cpus, gpu_model_name, gpu_vendor, gpu_cores, gpu_memory_size, ram_size) >= 1",
            name=op.f("external_hardware_information_not_empty_check"),
        ),
        sa.CheckConstraint(
            "octet_length(key_sha256) = 32", name=op.f("external_hardware_information_key_sha256_check")
        ),
        sa.CheckConstraint("ram_size >= 0", name=op.f("external_hardware_information_ram_size_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("external_hardware_information_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("external_hardware_information_key_sha256_key")),
        comment="A row is hardware that a user told of; where nothing is known of it there is no row.",
    )
    op.create_table(
        "external_python_requirements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "requirements_hash", sa.Text(), nullable=False, comment="sha256, in hex, of the members' natural keys"
        ),
        sa.CheckConstraint(
            "requirements_hash ~ '^[0-9a-f]{64}$'", name=op.f("external_python_requirements_requirements_hash_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("external_python_requirements_pkey")),
        sa.UniqueConstraint("requirements_hash", name=op.f("external_python_requirements_requirements_hash_key")),
        comment="A row is a set of direct requirements that a user told of.",
    )
    op.create_table(
        "external_python_requirements_lock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "requirements_lock_hash", sa.Text(), nullable=False, comment="sha256, in hex, of the members' natural keys"
        ),
        sa.CheckConstraint(
            "requirements_lock_hash ~ '^[0-9a-f]{64}$'",
            name=op.f("external_python_requirements_lock_requirements_lock_hash_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("external_python_requirements_lock_pkey")),
        sa.UniqueConstraint(
            "requirements_lock_hash", name=op.f("external_python_requirements_lock_requirements_lock_hash_key")
        ),
        comment="A row is a set of locked packages that a user told of.",
    )
    op.create_table(
        "external_software_environment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("environment_type", ENVIRONMENT_TYPE, nullable=False),
        sa.Column("environment_name", sa.Text(), nullable=True),
        sa.Column("python_version", sa.Text(), nullable=True, comment="major.minor"),
        sa.Column("image_name", sa.Text(), nullable=True, comment="with its registry, without its tag"),
        sa.Column("image_sha", sa.Text(), nullable=True, comment="digest of the last layer, not of the whole image"),
        sa.Column("os_name", sa.Text(), nullable=True, comment="ubi counts as rhel"),
        sa.Column("os_version", sa.Text(), nullable=True, comment="RHEL without its minor version"),
        sa.Column("thoth_image_name", sa.Text(), nullable=True, comment="of the Thoth S2I image it was built from"),
        sa.Column("thoth_image_version", sa.Text(), nullable=True),
        sa.Column(
            "env_image_name", sa.Text(), nullable=True, comment="IMAGE_NAME in the image's own environment variables"
        ),
        sa.Column(
            "env_image_tag", sa.Text(), nullable=True, comment="IMAGE_TAG in the image's own environment variables"
        ),
        sa.Column("cuda_version", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "octet_length(key_sha256) = 32", name=op.f("external_software_environment_key_sha256_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("external_software_environment_pkey")),
        sa.UniqueConstraint(
            "environment_type", "key_sha256", name=op.f("external_software_environment_environment_type_key_sha256_key")
        ),
        comment="A row is a software environment that a user told of.",
    )
    op.create_index(
        "external_software_environment_env_image_name_idx",
        "external_software_environment",
        ["env_image_name"],
        unique=False,
        postgresql_using="hash",
    )
    op.create_index(
        "external_software_environment_image_name_idx",
        "external_software_environment",
        ["image_name"],
        unique=False,
        postgresql_using="hash",
    )
    op.create_index(
        "external_software_environment_os_idx",
        "external_software_environment",
        ["os_name", "os_version", "python_version"],
        unique=False,
    )
    op.create_index(
        "external_software_environment_thoth_image_name_idx",
        "external_software_environment",
        ["thoth_image_name"],
        unique=False,
        postgresql_using="hash",
    )
    op.create_table(
        "hardware_information",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("cpu_vendor", sa.BigInteger(), nullable=True, comment="number as CPUID gives it"),
        sa.Column("cpu_model", sa.BigInteger(), nullable=True, comment="number as CPUID gives it"),
        sa.Column("cpu_cores", sa.BigInteger(), nullable=True),
        sa.Column("cpu_model_name", sa.Text(), nullable=True),
        sa.Column("cpu_family", sa.BigInteger(), nullable=True, comment="number as CPUID gives it"),
        sa.Column("cpu_physical_cpus", sa.BigInteger(), nullable=True),
        sa.Column("gpu_model_name", sa.Text(), nullable=True),
        sa.Column("gpu_vendor", sa.Text(), nullable=True),
        sa.Column("gpu_cores", sa.BigInteger(), nullable=True),
        sa.Column("gpu_memory_size", sa.BigInteger(), nullable=True, comment="as it was told, in no unit of ours"),
        sa.Column("ram_size", sa.BigInteger(), nullable=True, comment="as it was told, in no unit of ours"),
        sa.CheckConstraint("cpu_cores >= 0", name=op.f("hardware_information_cpu_cores_check")),
        sa.CheckConstraint("cpu_physical_cpus >= 0", name=op.f("hardware_information_cpu_physical_cpus_check")),
        sa.CheckConstraint("gpu_cores >= 0", name=op.f("hardware_information_gpu_cores_check")),
        sa.CheckConstraint("gpu_memory_size >= 0", name=op.f("hardware_information_gpu_memory_size_check")),
        sa.CheckConstraint(
            "num_nonnulls(cpu_vendor, cpu_model, cpu_cores, cpu_model_name, cpu_family, cpu_physical_cpus, gpu_model_name, gpu_vendor, gpu_cores, gpu_memory_size, ram_size) >= 1",
            name=op.f("hardware_information_not_empty_check"),
        ),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("hardware_information_key_sha256_check")),
        sa.CheckConstraint("ram_size >= 0", name=op.f("hardware_information_ram_size_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("hardware_information_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("hardware_information_key_sha256_key")),
        comment="A row is hardware that Thoth itself runs on; where nothing is known of it there is no row.",
    )
    op.create_table(
        "python_file_digest",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("python_file_digest_sha256_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("python_file_digest_pkey")),
        sa.UniqueConstraint("sha256", name=op.f("python_file_digest_sha256_key")),
        comment="A row is the content of a Python file, known by its digest.",
    )
    op.create_table(
        "python_interpreter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True, comment="what the path is a symbolic link to"),
        sa.Column("version", sa.Text(), nullable=True, comment="as the interpreter prints it"),
        sa.CheckConstraint("num_nonnulls(path, link, version) >= 1", name=op.f("python_interpreter_not_empty_check")),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("python_interpreter_key_sha256_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("python_interpreter_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("python_interpreter_key_sha256_key")),
        comment="A row is a Python interpreter as it lies in an image: path, what it links to, version.",
    )
    op.create_table(
        "python_requirements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "requirements_hash", sa.Text(), nullable=False, comment="sha256, in hex, of the members' natural keys"
        ),
        sa.CheckConstraint(
            "requirements_hash ~ '^[0-9a-f]{64}$'", name=op.f("python_requirements_requirements_hash_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_requirements_pkey")),
        sa.UniqueConstraint("requirements_hash", name=op.f("python_requirements_requirements_hash_key")),
        comment="A row is a set of direct requirements of a stack that was inspected or advised.",
    )
    op.create_table(
        "python_requirements_lock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "requirements_lock_hash", sa.Text(), nullable=False, comment="sha256, in hex, of the members' natural keys"
        ),
        sa.CheckConstraint(
            "requirements_lock_hash ~ '^[0-9a-f]{64}$'",
            name=op.f("python_requirements_lock_requirements_lock_hash_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_requirements_lock_pkey")),
        sa.UniqueConstraint("requirements_lock_hash", name=op.f("python_requirements_lock_requirements_lock_hash_key")),
        comment="A row is a set of locked packages of a stack that was inspected or advised.",
    )
    op.create_table(
        "rpm_package_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("package_name", sa.Text(), nullable=False),
        sa.Column("package_version", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=True, comment="NULL is epoch 0"),
        sa.Column("release", sa.Text(), nullable=True),
        sa.Column("arch", sa.Text(), nullable=True),
        sa.Column(
            "src",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="whether it is a source package",
        ),
        sa.Column(
            "package_identifier",
            sa.Text(),
            nullable=False,
            comment="name, epoch, version, release and architecture in one",
        ),
        sa.CheckConstraint("epoch <> '0'", name=op.f("rpm_package_version_epoch_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("rpm_package_version_pkey")),
        sa.UniqueConstraint(
            "package_name",
            "package_version",
            "epoch",
            "release",
            "arch",
            "src",
            "package_identifier",
            name="rpm_package_version_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row is an RPM package in a version, as rpm tells versions apart.",
    )
    op.create_table(
        "rpm_requirement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("rpm_requirement_name", sa.Text(), nullable=False),
        sa.CheckConstraint("rpm_requirement_name <> ''", name=op.f("rpm_requirement_rpm_requirement_name_check")),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("rpm_requirement_key_sha256_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("rpm_requirement_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("rpm_requirement_key_sha256_key")),
        comment="A row is something an RPM package may require: a package, a capability, a file, a rich dependency.",
    )
    op.create_table(
        "si_aggregated_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("si_aggregated_run_document_id", sa.Text(), nullable=False),
        sa.Column("datetime", sa.DateTime(timezone=True), nullable=False, comment="when the document was made"),
        sa.Column(
            "error",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="whether it failed; it then counts nothing",
        ),
        sa.Column("severity_high_confidence_high", sa.BigInteger(), nullable=True),
        sa.Column("severity_high_confidence_low", sa.BigInteger(), nullable=True),
        sa.Column("severity_high_confidence_medium", sa.BigInteger(), nullable=True),
        sa.Column("severity_high_confidence_undefined", sa.BigInteger(), nullable=True),
        sa.Column("severity_low_confidence_high", sa.BigInteger(), nullable=True),
        sa.Column("severity_low_confidence_low", sa.BigInteger(), nullable=True),
        sa.Column("severity_low_confidence_medium", sa.BigInteger(), nullable=True),
        sa.Column("severity_low_confidence_undefined", sa.BigInteger(), nullable=True),
        sa.Column("severity_medium_confidence_high", sa.BigInteger(), nullable=True),
        sa.Column("severity_medium_confidence_low", sa.BigInteger(), nullable=True),
        sa.Column("severity_medium_confidence_medium", sa.BigInteger(), nullable=True),
        sa.Column("severity_medium_confidence_undefined", sa.BigInteger(), nullable=True),
        sa.Column("number_of_analyzed_files", sa.BigInteger(), nullable=True),
        sa.Column("number_of_files_total", sa.BigInteger(), nullable=True),
        sa.Column("number_of_files_with_severities", sa.BigInteger(), nullable=True),
        sa.Column("number_of_filtered_files", sa.BigInteger(), nullable=True),
        sa.Column("number_of_python_files", sa.BigInteger(), nullable=True),
        sa.Column("number_of_lines_with_comments_in_python_files", sa.BigInteger(), nullable=True),
        sa.Column("number_of_blank_lines_in_python_files", sa.BigInteger(), nullable=True),
        sa.Column("number_of_lines_with_code_in_python_files", sa.BigInteger(), nullable=True),
        sa.Column("total_number_of_files", sa.BigInteger(), nullable=True),
        sa.Column("total_number_of_lines", sa.BigInteger(), nullable=True),
        sa.Column("total_number_of_lines_with_comments", sa.BigInteger(), nullable=True),
        sa.Column("total_number_of_blank_lines", sa.BigInteger(), nullable=True),
        sa.Column("total_number_of_lines_with_code", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "error OR num_nulls(severity_high_confidence_high, severity_high_confidence_low, severity_high_confidence_medium, severity_high_confidence_undefined, severity_low_confidence_high, severity_low_confidence_low, severity_low_confidence_medium, severity_low_confidence_undefined, severity_medium_confidence_high, severity_medium_confidence_low, severity_medium_confidence_medium, severity_medium_confidence_undefined, number_of_analyzed_files, number_of_files_total, number_of_files_with_severities, number_of_filtered_files, number_of_python_files, number_of_lines_with_comments_in_python_files, number_of_blank_lines_in_python_files, number_of_lines_with_code_in_python_files, total_number_of_files, total_number_of_lines, total_number_of_lines_with_comments, total_number_of_blank_lines, total_number_of_lines_with_code) = 0",
            name=op.f("si_aggregated_run_complete_check"),
        ),
        sa.CheckConstraint(
            "least(severity_high_confidence_high, severity_high_confidence_low, severity_high_confidence_medium, severity_high_confidence_undefined, severity_low_confidence_high, severity_low_confidence_low, severity_low_confidence_medium, severity_low_confidence_undefined, severity_medium_confidence_high, severity_medium_confidence_low, severity_medium_confidence_medium, severity_medium_confidence_undefined, number_of_analyzed_files, number_of_files_total, number_of_files_with_severities, number_of_filtered_files, number_of_python_files, number_of_lines_with_comments_in_python_files, number_of_blank_lines_in_python_files, number_of_lines_with_code_in_python_files, total_number_of_files, total_number_of_lines, total_number_of_lines_with_comments, total_number_of_blank_lines, total_number_of_lines_with_code) >= 0",
            name=op.f("si_aggregated_run_counters_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("si_aggregated_run_pkey")),
        sa.UniqueConstraint(
            "si_aggregated_run_document_id", name=op.f("si_aggregated_run_si_aggregated_run_document_id_key")
        ),
        comment="A row is an analysis of a package's sources, known by its document: findings by severity, and sizes.",
    )
    op.create_index("si_aggregated_run_datetime_idx", "si_aggregated_run", ["datetime"], unique=False)
    op.create_table(
        "software_environment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("environment_type", ENVIRONMENT_TYPE, nullable=False),
        sa.Column("environment_name", sa.Text(), nullable=True),
        sa.Column("python_version", sa.Text(), nullable=True, comment="major.minor"),
        sa.Column("image_name", sa.Text(), nullable=True, comment="with its registry, without its tag"),
        sa.Column("image_sha", sa.Text(), nullable=True, comment="digest of the last layer, not of the whole image"),
        sa.Column("os_name", sa.Text(), nullable=True, comment="ubi counts as rhel"),
        sa.Column("os_version", sa.Text(), nullable=True, comment="RHEL without its minor version"),
        sa.Column("thoth_image_name", sa.Text(), nullable=True, comment="of the Thoth S2I image it was built from"),
        sa.Column("thoth_image_version", sa.Text(), nullable=True),
        sa.Column(
            "env_image_name", sa.Text(), nullable=True, comment="IMAGE_NAME in the image's own environment variables"
        ),
        sa.Column(
            "env_image_tag", sa.Text(), nullable=True, comment="IMAGE_TAG in the image's own environment variables"
        ),
        sa.Column("cuda_version", sa.Text(), nullable=True),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("software_environment_key_sha256_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("software_environment_pkey")),
        sa.UniqueConstraint(
            "environment_type", "key_sha256", name=op.f("software_environment_environment_type_key_sha256_key")
        ),
        comment="A row is a software environment that Thoth itself runs, builds or provides.",
    )
    op.create_index(
        "software_environment_env_image_name_idx",
        "software_environment",
        ["env_image_name"],
        unique=False,
        postgresql_using="hash",
    )
    op.create_index(
        "software_environment_image_name_idx",
        "software_environment",
        ["image_name"],
        unique=False,
        postgresql_using="hash",
    )
    op.create_index(
        "software_environment_os_idx", "software_environment", ["os_name", "os_version", "python_version"], unique=False
    )
    op.create_index(
        "software_environment_thoth_image_name_idx",
        "software_environment",
        ["thoth_image_name"],
        unique=False,
        postgresql_using="hash",
    )
    op.create_table(
        "versioned_symbol",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("library_name", sa.Text(), nullable=False, comment="path in the image, or name of the library"),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.CheckConstraint("library_name <> ''", name=op.f("versioned_symbol_library_name_check")),
        sa.CheckConstraint("symbol <> ''", name=op.f("versioned_symbol_symbol_check")),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("versioned_symbol_key_sha256_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("versioned_symbol_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("versioned_symbol_key_sha256_key")),
        comment="A row is a symbol of a library.",
    )
    op.create_index(
        "versioned_symbol_library_name_idx", "versioned_symbol", ["library_name"], unique=False, postgresql_using="hash"
    )
    op.create_index(
        "versioned_symbol_symbol_idx", "versioned_symbol", ["symbol"], unique=False, postgresql_using="hash"
    )
    op.create_table(
        "deb_depends",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("deb_package_version_id", sa.BigInteger(), nullable=False),
        sa.Column("deb_dependency_id", sa.BigInteger(), nullable=False),
        sa.Column("version_range", sa.Text(), nullable=True, comment="operator and version; NULL is any version"),
        sa.CheckConstraint("version_range <> ''", name=op.f("deb_depends_version_range_check")),
        sa.ForeignKeyConstraint(
            ["deb_dependency_id"],
            ["deb_dependency.id"],
            name=op.f("deb_depends_deb_dependency_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["deb_package_version_id"],
            ["deb_package_version.id"],
            name=op.f("deb_depends_deb_package_version_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("deb_depends_pkey")),
        sa.UniqueConstraint(
            "deb_package_version_id",
            "deb_dependency_id",
            "version_range",
            name="deb_depends_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row says that a Debian package depends on another one (Depends).",
    )
    op.create_index("deb_depends_deb_dependency_id_idx", "deb_depends", ["deb_dependency_id"], unique=False)
    op.create_table(
        "deb_pre_depends",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("deb_package_version_id", sa.BigInteger(), nullable=False),
        sa.Column("deb_dependency_id", sa.BigInteger(), nullable=False),
        sa.Column("version_range", sa.Text(), nullable=True, comment="operator and version; NULL is any version"),
        sa.CheckConstraint("version_range <> ''", name=op.f("deb_pre_depends_version_range_check")),
        sa.ForeignKeyConstraint(
            ["deb_dependency_id"],
            ["deb_dependency.id"],
            name=op.f("deb_pre_depends_deb_dependency_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["deb_package_version_id"],
            ["deb_package_version.id"],
            name=op.f("deb_pre_depends_deb_package_version_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("deb_pre_depends_pkey")),
        sa.UniqueConstraint(
            "deb_package_version_id",
            "deb_dependency_id",
            "version_range",
            name="deb_pre_depends_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row says that a Debian package needs another one before it is unpacked (Pre-Depends).",
    )
    op.create_index("deb_pre_depends_deb_dependency_id_idx", "deb_pre_depends", ["deb_dependency_id"], unique=False)
    op.create_table(
        "deb_replaces",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("deb_package_version_id", sa.BigInteger(), nullable=False),
        sa.Column("deb_dependency_id", sa.BigInteger(), nullable=False),
        sa.Column("version_range", sa.Text(), nullable=True, comment="operator and version; NULL is any version"),
        sa.CheckConstraint("version_range <> ''", name=op.f("deb_replaces_version_range_check")),
        sa.ForeignKeyConstraint(
            ["deb_dependency_id"],
            ["deb_dependency.id"],
            name=op.f("deb_replaces_deb_dependency_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["deb_package_version_id"],
            ["deb_package_version.id"],
            name=op.f("deb_replaces_deb_package_version_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("deb_replaces_pkey")),
        sa.UniqueConstraint(
            "deb_package_version_id",
            "deb_dependency_id",
            "version_range",
            name="deb_replaces_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row says that a Debian package overwrites files of another one (Replaces).",
    )
    op.create_index("deb_replaces_deb_dependency_id_idx", "deb_replaces", ["deb_dependency_id"], unique=False)
    op.create_table(
        "dependency_monkey_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("dependency_monkey_document_id", sa.Text(), nullable=False),
        sa.Column("datetime", sa.DateTime(timezone=True), nullable=False, comment="when the document was made"),
        sa.Column("dependency_monkey_name", sa.Text(), nullable=False),
        sa.Column("dependency_monkey_version", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True, comment="of the random numbers that chose the stacks"),
        sa.Column("decision", sa.Text(), nullable=False, comment="which stacks were kept: random, all, ..."),
        sa.Column("count", sa.BigInteger(), nullable=True, comment="how many stacks were asked for"),
        sa.Column(
            "limit_latest_versions",
            sa.BigInteger(),
            nullable=True,
            comment="how many of the latest versions of each package were considered; negative or NULL is all",
        ),
        sa.Column("debug", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("dependency_monkey_error", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True, comment="seconds"),
        sa.Column("run_software_environment_id", sa.BigInteger(), nullable=True),
        sa.Column("build_software_environment_id", sa.BigInteger(), nullable=True),
        sa.Column("run_hardware_information_id", sa.BigInteger(), nullable=True),
        sa.Column("build_hardware_information_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("count >= 0", name=op.f("dependency_monkey_run_count_check")),
        sa.CheckConstraint("duration >= 0", name=op.f("dependency_monkey_run_duration_check")),
        sa.ForeignKeyConstraint(
            ["build_hardware_information_id"],
            ["hardware_information.id"],
            name=op.f("dependency_monkey_run_build_hardware_information_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["build_software_environment_id"],
            ["software_environment.id"],
            name=op.f("dependency_monkey_run_build_software_environment_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["run_hardware_information_id"],
            ["hardware_information.id"],
            name=op.f("dependency_monkey_run_run_hardware_information_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["run_software_environment_id"],
            ["software_environment.id"],
            name=op.f("dependency_monkey_run_run_software_environment_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("dependency_monkey_run_pkey")),
        sa.UniqueConstraint(
            "dependency_monkey_document_id", name=op.f("dependency_monkey_run_dependency_monkey_document_id_key")
        ),
        comment="A row is a run of Dependency Monkey, which makes software stacks to inspect, known by its document.",
    )
    op.create_index(
        "dependency_monkey_run_build_environment_idx",
        "dependency_monkey_run",
        ["build_software_environment_id"],
        unique=False,
    )
    op.create_index(
        "dependency_monkey_run_build_hardware_idx",
        "dependency_monkey_run",
        ["build_hardware_information_id"],
        unique=False,
    )
    op.create_index("dependency_monkey_run_datetime_idx", "dependency_monkey_run", ["datetime"], unique=False)
    op.create_index(
        "dependency_monkey_run_run_environment_idx",
        "dependency_monkey_run",
        ["run_software_environment_id"],
        unique=False,
    )
    op.create_index(
        "dependency_monkey_run_run_hardware_idx", "dependency_monkey_run", ["run_hardware_information_id"], unique=False
    )
    op.create_table(
        "external_python_software_stack",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("external_python_requirements_id", sa.BigInteger(), nullable=True),
        sa.Column("external_python_requirements_lock_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(external_python_requirements_id, external_python_requirements_lock_id) >= 1",
            name=op.f("external_python_software_stack_not_empty_check"),
        ),
        sa.ForeignKeyConstraint(
            ["external_python_requirements_id"],
            ["external_python_requirements.id"],
            name=op.f("external_python_software_stack_external_python_requirements_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["external_python_requirements_lock_id"],
            ["external_python_requirements_lock.id"],
            name=op.f("external_python_software_stack_external_python_requirements_lock_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("external_python_software_stack_pkey")),
        sa.UniqueConstraint(
            "external_python_requirements_id",
            "external_python_requirements_lock_id",
            name="external_python_software_stack_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row is a user's software stack: what is required, and what it was locked to where that is known.",
    )
    op.create_index(
        "external_python_software_stack_lock_idx",
        "external_python_software_stack",
        ["external_python_requirements_lock_id"],
        unique=False,
    )
    op.create_table(
        "has_symbol",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("software_environment_id", sa.BigInteger(), nullable=True),
        sa.Column("external_software_environment_id", sa.BigInteger(), nullable=True),
        sa.Column("versioned_symbol_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(software_environment_id, external_software_environment_id) = 1",
            name=op.f("has_symbol_environment_check"),
        ),
        sa.ForeignKeyConstraint(
            ["external_software_environment_id"],
            ["external_software_environment.id"],
            name=op.f("has_symbol_external_software_environment_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["software_environment_id"],
            ["software_environment.id"],
            name=op.f("has_symbol_software_environment_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["versioned_symbol_id"],
            ["versioned_symbol.id"],
            name=op.f("has_symbol_versioned_symbol_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("has_symbol_pkey")),
        sa.UniqueConstraint(
            "software_environment_id",
            "external_software_environment_id",
            "versioned_symbol_id",
            name="has_symbol_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row says that a software environment, one of Thoth's or of a user, provides a symbol.",
    )
    op.create_index(
        "has_symbol_external_idx",
        "has_symbol",
        ["external_software_environment_id", "versioned_symbol_id"],
        unique=False,
    )
    op.create_index("has_symbol_versioned_symbol_id_idx", "has_symbol", ["versioned_symbol_id"], unique=False)
    op.create_table(
        "included_file",
        sa.Column("python_artifact_id", sa.BigInteger(), nullable=False),
        sa.Column("python_file_digest_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("file", sa.Text(), nullable=False, comment="path in the artifact"),
        sa.CheckConstraint("file <> ''", name=op.f("included_file_file_check")),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("included_file_key_sha256_check")),
        sa.ForeignKeyConstraint(
            ["python_artifact_id"],
            ["python_artifact.id"],
            name=op.f("included_file_python_artifact_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_file_digest_id"],
            ["python_file_digest.id"],
            name=op.f("included_file_python_file_digest_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_artifact_id", "python_file_digest_id", "key_sha256", name=op.f("included_file_pkey")
        ),
        comment="A row says that an artifact of a package holds a Python file at a path.",
    )
    op.create_index("included_file_python_file_digest_id_idx", "included_file", ["python_file_digest_id"], unique=False)
    op.create_table(
        "package_extract_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("analysis_document_id", sa.Text(), nullable=False),
        sa.Column("package_extract_name", sa.Text(), nullable=False, comment="the analyser's"),
        sa.Column("package_extract_version", sa.Text(), nullable=False, comment="the analyser's"),
        sa.Column("datetime", sa.DateTime(timezone=True), nullable=False, comment="when the document was made"),
        sa.Column("environment_type", ENVIRONMENT_TYPE, nullable=False),
        sa.Column("origin", sa.Text(), nullable=True, comment="who or what asked for the analysis"),
        sa.Column("debug", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("package_extract_error", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("image_size", sa.BigInteger(), nullable=True, comment="bytes"),
        sa.Column("image_tag", sa.Text(), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True, comment="seconds"),
        sa.Column("os_name", sa.Text(), nullable=False, comment="ID of the image's os-release; ubi counts as rhel"),
        sa.Column("os_id", sa.Text(), nullable=False, comment="ID of the image's os-release"),
        sa.Column("os_version_id", sa.Text(), nullable=False, comment="VERSION_ID of the image's os-release"),
        sa.Column("software_environment_id", sa.BigInteger(), nullable=True),
        sa.Column("external_software_environment_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("duration >= 0", name=op.f("package_extract_run_duration_check")),
        sa.CheckConstraint("image_size >= 0", name=op.f("package_extract_run_image_size_check")),
        sa.CheckConstraint(
            "num_nonnulls(software_environment_id, external_software_environment_id) = 1",
            name=op.f("package_extract_run_environment_check"),
        ),
        sa.ForeignKeyConstraint(
            ["external_software_environment_id"],
            ["external_software_environment.id"],
            name=op.f("package_extract_run_external_software_environment_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["software_environment_id"],
            ["software_environment.id"],
            name=op.f("package_extract_run_software_environment_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("package_extract_run_pkey")),
        sa.UniqueConstraint("analysis_document_id", name=op.f("package_extract_run_analysis_document_id_key")),
        comment="A row is an analysis of a container image, known by its document.",
    )
    op.create_index("package_extract_run_datetime_idx", "package_extract_run", ["datetime"], unique=False)
    op.create_index(
        "package_extract_run_external_software_environment_id_idx",
        "package_extract_run",
        ["external_software_environment_id"],
        unique=False,
    )
    op.create_index(
        "package_extract_run_software_environment_id_idx",
        "package_extract_run",
        ["software_environment_id"],
        unique=False,
    )
    op.create_index("package_extract_run_version_idx", "package_extract_run", ["package_extract_version"], unique=False)
    op.create_table(
        "python_package_requirement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="normalised by PEP 503"),
        sa.Column("version_range", sa.Text(), nullable=False, comment="PEP 440 specifier; * is any version"),
        sa.Column("develop", sa.Boolean(), nullable=False, comment="whether it is needed for development only"),
        sa.Column("python_package_index_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("python_package_requirement_name_check")),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("python_package_requirement_key_sha256_check")),
        sa.ForeignKeyConstraint(
            ["python_package_index_id"],
            ["python_package_index.id"],
            name=op.f("python_package_requirement_python_package_index_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_requirement_pkey")),
        sa.UniqueConstraint(
            "python_package_index_id",
            "develop",
            "key_sha256",
            name="python_package_requirement_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row is a direct requirement: a package in a range of versions, from one index or from any.",
    )
    op.create_index("python_package_requirement_name_idx", "python_package_requirement", ["name"], unique=False)
    op.create_table(
        "python_package_version_entity_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("package_name", sa.Text(), nullable=False, comment="normalised by PEP 503"),
        sa.Column("version_range", sa.Text(), nullable=True, comment="PEP 440 specifier; NULL is all versions"),
        sa.Column("python_package_index_id", sa.BigInteger(), nullable=True, comment="NULL is any index"),
        sa.Column("description", sa.Text(), nullable=True, comment="why"),
        sa.CheckConstraint("package_name <> ''", name=op.f("python_package_version_entity_rule_package_name_check")),
        sa.ForeignKeyConstraint(
            ["python_package_index_id"],
            ["python_package_index.id"],
            name=op.f("python_package_version_entity_rule_python_package_index_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_version_entity_rule_pkey")),
        sa.UniqueConstraint(
            "package_name",
            "version_range",
            "python_package_index_id",
            name="python_package_version_entity_rule_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row is a rule: versions of a package, on one index or on any, that are not to be solved.",
    )
    op.create_index(
        "python_package_version_entity_rule_index_idx",
        "python_package_version_entity_rule",
        ["python_package_index_id"],
        unique=False,
    )
    op.create_table(
        "python_software_stack",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("software_stack_type", SOFTWARE_STACK_TYPE, nullable=False),
        sa.Column("performance_score", sa.Double(), nullable=True, comment="the adviser's; higher is better"),
        sa.Column("overall_score", sa.Double(), nullable=True, comment="the adviser's; higher is better"),
        sa.Column("python_requirements_id", sa.BigInteger(), nullable=True),
        sa.Column("python_requirements_lock_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "software_stack_type = 'ADVISED' OR num_nonnulls(performance_score, overall_score) = 0",
            name=op.f("python_software_stack_scores_check"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(python_requirements_id, python_requirements_lock_id) >= 1",
            name=op.f("python_software_stack_not_empty_check"),
        ),
        sa.ForeignKeyConstraint(
            ["python_requirements_id"],
            ["python_requirements.id"],
            name=op.f("python_software_stack_python_requirements_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_requirements_lock_id"],
            ["python_requirements_lock.id"],
            name=op.f("python_software_stack_python_requirements_lock_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_software_stack_pkey")),
        sa.UniqueConstraint(
            "software_stack_type",
            "python_requirements_id",
            "python_requirements_lock_id",
            "performance_score",
            "overall_score",
            name="python_software_stack_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row is a software stack that was inspected or advised, with its scores where it was advised.",
    )
    op.create_index(
        "python_software_stack_python_requirements_id_idx",
        "python_software_stack",
        ["python_requirements_id"],
        unique=False,
    )
    op.create_index(
        "python_software_stack_python_requirements_lock_id_idx",
        "python_software_stack",
        ["python_requirements_lock_id"],
        unique=False,
    )
    op.create_table(
        "requires_symbol",
        sa.Column("python_artifact_id", sa.BigInteger(), nullable=False),
        sa.Column("versioned_symbol_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_artifact_id"],
            ["python_artifact.id"],
            name=op.f("requires_symbol_python_artifact_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["versioned_symbol_id"],
            ["versioned_symbol.id"],
            name=op.f("requires_symbol_versioned_symbol_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("python_artifact_id", "versioned_symbol_id", name=op.f("requires_symbol_pkey")),
        comment="A row says that an artifact of a package needs a symbol to be provided where it runs.",
    )
    op.create_index("requires_symbol_versioned_symbol_id_idx", "requires_symbol", ["versioned_symbol_id"], unique=False)
    op.create_table(
        "rpm_requires",
        sa.Column("rpm_package_version_id", sa.BigInteger(), nullable=False),
        sa.Column("rpm_requirement_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rpm_package_version_id"],
            ["rpm_package_version.id"],
            name=op.f("rpm_requires_rpm_package_version_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["rpm_requirement_id"],
            ["rpm_requirement.id"],
            name=op.f("rpm_requires_rpm_requirement_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("rpm_package_version_id", "rpm_requirement_id", name=op.f("rpm_requires_pkey")),
        comment="A row says that an RPM package requires something.",
    )
    op.create_index("rpm_requires_rpm_requirement_id_idx", "rpm_requires", ["rpm_requirement_id"], unique=False)
    op.create_table(
        "adviser_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("adviser_document_id", sa.Text(), nullable=False),
        sa.Column("datetime", sa.DateTime(timezone=True), nullable=False, comment="when the document was made"),
        sa.Column("adviser_version", sa.Text(), nullable=False),
        sa.Column("adviser_name", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=True, comment="how many stacks were asked for"),
        sa.Column("limit", sa.BigInteger(), nullable=True, comment="how many stacks were scored at most"),
        sa.Column(
            "origin", sa.Text(), nullable=True, comment="what the advice is for, such as the URL of a repository"
        ),
        sa.Column("source_type", SOURCE_TYPE, nullable=True, comment="what asked for the advice"),
        sa.Column("is_s2i", sa.Boolean(), nullable=True, comment="whether it was asked for by a build of an S2I image"),
        sa.Column("debug", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "need_re_run",
            sa.Boolean(),
            nullable=True,
            comment="whether it is to be repeated once the packages that it did not know are solved",
        ),
        sa.Column(
            "re_run_adviser_id", sa.Text(), nullable=True, comment="document id of the run that this one repeats"
        ),
        sa.Column(
            "limit_latest_versions",
            sa.BigInteger(),
            nullable=True,
            comment="how many of the latest versions of each package were considered; negative or NULL is all",
        ),
        sa.Column("adviser_error", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("recommendation_type", RECOMMENDATION_TYPE, nullable=False),
        sa.Column("requirements_format", REQUIREMENTS_FORMAT, nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True, comment="seconds"),
        sa.Column("advised_configuration_changes", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("additional_stack_info", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("user_software_stack_id", sa.BigInteger(), nullable=True),
        sa.Column("external_run_software_environment_id", sa.BigInteger(), nullable=True),
        sa.Column("external_build_software_environment_id", sa.BigInteger(), nullable=True),
        sa.Column("external_hardware_information_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("duration >= 0", name=op.f("adviser_run_duration_check")),
        sa.CheckConstraint(
            "re_run_adviser_id <> adviser_document_id", name=op.f("adviser_run_re_run_adviser_id_check")
        ),
        sa.ForeignKeyConstraint(
            ["external_build_software_environment_id"],
            ["external_software_environment.id"],
            name=op.f("adviser_run_external_build_software_environment_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["external_hardware_information_id"],
            ["external_hardware_information.id"],
            name=op.f("adviser_run_external_hardware_information_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["external_run_software_environment_id"],
            ["external_software_environment.id"],
            name=op.f("adviser_run_external_run_software_environment_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_software_stack_id"],
            ["external_python_software_stack.id"],
            name=op.f("adviser_run_user_software_stack_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("adviser_run_pkey")),
        sa.UniqueConstraint("adviser_document_id", name=op.f("adviser_run_adviser_document_id_key")),
        comment="A row is a run of the adviser for a user's stack, known by its document.",
    )
    op.create_index("adviser_run_adviser_version_idx", "adviser_run", ["adviser_version"], unique=False)
    op.create_index("adviser_run_datetime_idx", "adviser_run", ["datetime"], unique=False)
    op.create_index(
        "adviser_run_external_build_environment_idx",
        "adviser_run",
        ["external_build_software_environment_id"],
        unique=False,
    )
    op.create_index(
        "adviser_run_external_hardware_idx", "adviser_run", ["external_hardware_information_id"], unique=False
    )
    op.create_index(
        "adviser_run_external_run_environment_idx",
        "adviser_run",
        ["external_run_software_environment_id"],
        unique=False,
    )
    op.create_index(
        "adviser_run_need_re_run_idx", "adviser_run", ["source_type"], unique=False, postgresql_where="need_re_run"
    )
    op.create_index("adviser_run_origin_idx", "adviser_run", ["origin"], unique=False, postgresql_using="hash")
    op.create_index("adviser_run_re_run_adviser_id_idx", "adviser_run", ["re_run_adviser_id"], unique=False)
    op.create_index("adviser_run_user_software_stack_id_idx", "adviser_run", ["user_software_stack_id"], unique=False)
    op.create_table(
        "detected_symbol",
        sa.Column("package_extract_run_id", sa.BigInteger(), nullable=False),
        sa.Column("versioned_symbol_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["package_extract_run_id"],
            ["package_extract_run.id"],
            name=op.f("detected_symbol_package_extract_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["versioned_symbol_id"],
            ["versioned_symbol.id"],
            name=op.f("detected_symbol_versioned_symbol_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("package_extract_run_id", "versioned_symbol_id", name=op.f("detected_symbol_pkey")),
        comment="A row says that an analysis found a symbol in the image.",
    )
    op.create_index("detected_symbol_versioned_symbol_id_idx", "detected_symbol", ["versioned_symbol_id"], unique=False)
    op.create_table(
        "found_deb",
        sa.Column("package_extract_run_id", sa.BigInteger(), nullable=False),
        sa.Column("deb_package_version_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deb_package_version_id"],
            ["deb_package_version.id"],
            name=op.f("found_deb_deb_package_version_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["package_extract_run_id"],
            ["package_extract_run.id"],
            name=op.f("found_deb_package_extract_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("package_extract_run_id", "deb_package_version_id", name=op.f("found_deb_pkey")),
        comment="A row says that an analysis found a Debian package in the image.",
    )
    op.create_index("found_deb_deb_package_version_id_idx", "found_deb", ["deb_package_version_id"], unique=False)
    op.create_table(
        "found_python_file",
        sa.Column("package_extract_run_id", sa.BigInteger(), nullable=False),
        sa.Column("python_file_digest_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("file", sa.Text(), nullable=False, comment="path in the image"),
        sa.CheckConstraint("file <> ''", name=op.f("found_python_file_file_check")),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("found_python_file_key_sha256_check")),
        sa.ForeignKeyConstraint(
            ["package_extract_run_id"],
            ["package_extract_run.id"],
            name=op.f("found_python_file_package_extract_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_file_digest_id"],
            ["python_file_digest.id"],
            name=op.f("found_python_file_python_file_digest_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "package_extract_run_id", "python_file_digest_id", "key_sha256", name=op.f("found_python_file_pkey")
        ),
        comment="A row says that an analysis found a Python file at a path in the image.",
    )
    op.create_index(
        "found_python_file_python_file_digest_id_idx", "found_python_file", ["python_file_digest_id"], unique=False
    )
    op.create_table(
        "found_python_interpreter",
        sa.Column("package_extract_run_id", sa.BigInteger(), nullable=False),
        sa.Column("python_interpreter_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["package_extract_run_id"],
            ["package_extract_run.id"],
            name=op.f("found_python_interpreter_package_extract_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_interpreter_id"],
            ["python_interpreter.id"],
            name=op.f("found_python_interpreter_python_interpreter_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "package_extract_run_id", "python_interpreter_id", name=op.f("found_python_interpreter_pkey")
        ),
        comment="A row says that an analysis found a Python interpreter in the image.",
    )
    op.create_index(
        "found_python_interpreter_python_interpreter_id_idx",
        "found_python_interpreter",
        ["python_interpreter_id"],
        unique=False,
    )
    op.create_table(
        "found_rpm",
        sa.Column("package_extract_run_id", sa.BigInteger(), nullable=False),
        sa.Column("rpm_package_version_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["package_extract_run_id"],
            ["package_extract_run.id"],
            name=op.f("found_rpm_package_extract_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["rpm_package_version_id"],
            ["rpm_package_version.id"],
            name=op.f("found_rpm_rpm_package_version_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("package_extract_run_id", "rpm_package_version_id", name=op.f("found_rpm_pkey")),
        comment="A row says that an analysis found an RPM package in the image.",
    )
    op.create_index("found_rpm_rpm_package_version_id_idx", "found_rpm", ["rpm_package_version_id"], unique=False)
    op.create_table(
        "has_external_python_requirement",
        sa.Column("external_python_requirements_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_requirement_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["external_python_requirements_id"],
            ["external_python_requirements.id"],
            name=op.f("has_external_python_requirement_external_python_requirements_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_requirement_id"],
            ["python_package_requirement.id"],
            name=op.f("has_external_python_requirement_python_package_requirement_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "external_python_requirements_id",
            "python_package_requirement_id",
            name=op.f("has_external_python_requirement_pkey"),
        ),
        comment="A row says that a requirement belongs to a user's set.",
    )
    op.create_index(
        "has_external_python_requirement_requirement_idx",
        "has_external_python_requirement",
        ["python_package_requirement_id"],
        unique=False,
    )
    op.create_table(
        "has_external_python_requirement_lock",
        sa.Column("external_python_requirements_locked_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_version_entity_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["external_python_requirements_locked_id"],
            ["external_python_requirements_lock.id"],
            name=op.f("has_external_python_requirement_lock_external_python_requirements_locked_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_version_entity_id"],
            ["python_package_version_entity.id"],
            name=op.f("has_external_python_requirement_lock_python_package_version_entity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "external_python_requirements_locked_id",
            "python_package_version_entity_id",
            name=op.f("has_external_python_requirement_lock_pkey"),
        ),
        comment="A row says that a package version belongs to a user's set of locked packages.",
    )
    op.create_index(
        "has_external_python_requirement_lock_entity_idx",
        "has_external_python_requirement_lock",
        ["python_package_version_entity_id"],
        unique=False,
    )
    op.create_table(
        "has_python_requirements",
        sa.Column("python_requirements_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_requirement_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_package_requirement_id"],
            ["python_package_requirement.id"],
            name=op.f("has_python_requirements_python_package_requirement_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_requirements_id"],
            ["python_requirements.id"],
            name=op.f("has_python_requirements_python_requirements_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_requirements_id", "python_package_requirement_id", name=op.f("has_python_requirements_pkey")
        ),
        comment="A row says that a requirement belongs to a set.",
    )
    op.create_index(
        "has_python_requirements_requirement_idx",
        "has_python_requirements",
        ["python_package_requirement_id"],
        unique=False,
    )
    op.create_table(
        "has_vulnerability",
        sa.Column("python_package_version_entity_id", sa.BigInteger(), nullable=False),
        sa.Column("cve_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["cve_id"], ["cve.id"], name=op.f("has_vulnerability_cve_id_fkey"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["python_package_version_entity_id"],
            ["python_package_version_entity.id"],
            name=op.f("has_vulnerability_python_package_version_entity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("python_package_version_entity_id", "cve_id", name=op.f("has_vulnerability_pkey")),
        comment="A row says that a package version has a vulnerability.",
    )
    op.create_index("has_vulnerability_cve_id_idx", "has_vulnerability", ["cve_id"], unique=False)
    op.create_table(
        "identified",
        sa.Column("package_extract_run_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_version_entity_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("location", sa.Text(), nullable=True, comment="directory in the image; documents of 2019 name none"),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("identified_key_sha256_check")),
        sa.ForeignKeyConstraint(
            ["package_extract_run_id"],
            ["package_extract_run.id"],
            name=op.f("identified_package_extract_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_version_entity_id"],
            ["python_package_version_entity.id"],
            name=op.f("identified_python_package_version_entity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "package_extract_run_id", "python_package_version_entity_id", "key_sha256", name=op.f("identified_pkey")
        ),
        comment="A row says that an analysis found a Python package at a place in the image.",
    )
    op.create_index(
        "identified_python_package_version_entity_id_idx",
        "identified",
        ["python_package_version_entity_id"],
        unique=False,
    )
    op.create_table(
        "inspection_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inspection_document_id", sa.Text(), nullable=False),
        sa.Column(
            "inspection_result_number",
            sa.BigInteger(),
            nullable=False,
            comment="which run of the inspection, from 0; an inspection of 2019 has one",
        ),
        sa.Column("datetime", sa.DateTime(timezone=True), nullable=True, comment="when the inspection was made"),
        sa.Column("amun_version", sa.Text(), nullable=True),
        sa.Column("build_requests_cpu", sa.Double(), nullable=True, comment="cores"),
        sa.Column("build_requests_memory", sa.Double(), nullable=True, comment="GiB"),
        sa.Column("run_requests_cpu", sa.Double(), nullable=True, comment="cores"),
        sa.Column("run_requests_memory", sa.Double(), nullable=True, comment="GiB"),
        sa.Column("inspection_sync_state", INSPECTION_SYNC_STATE, nullable=False),
        sa.Column("build_hardware_information_id", sa.BigInteger(), nullable=True),
        sa.Column("run_hardware_information_id", sa.BigInteger(), nullable=True),
        sa.Column("build_software_environment_id", sa.BigInteger(), nullable=True),
        sa.Column("run_software_environment_id", sa.BigInteger(), nullable=True),
        sa.Column("dependency_monkey_run_id", sa.BigInteger(), nullable=True),
        sa.Column("inspection_software_stack_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("build_requests_cpu >= 0", name=op.f("inspection_run_build_requests_cpu_check")),
        sa.CheckConstraint("build_requests_memory >= 0", name=op.f("inspection_run_build_requests_memory_check")),
        sa.CheckConstraint("inspection_result_number >= 0", name=op.f("inspection_run_inspection_result_number_check")),
        sa.CheckConstraint("run_requests_cpu >= 0", name=op.f("inspection_run_run_requests_cpu_check")),
        sa.CheckConstraint("run_requests_memory >= 0", name=op.f("inspection_run_run_requests_memory_check")),
        sa.ForeignKeyConstraint(
            ["build_hardware_information_id"],
            ["hardware_information.id"],
            name=op.f("inspection_run_build_hardware_information_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["build_software_environment_id"],
            ["software_environment.id"],
            name=op.f("inspection_run_build_software_environment_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["dependency_monkey_run_id"],
            ["dependency_monkey_run.id"],
            name=op.f("inspection_run_dependency_monkey_run_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["inspection_software_stack_id"],
            ["python_software_stack.id"],
            name=op.f("inspection_run_inspection_software_stack_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["run_hardware_information_id"],
            ["hardware_information.id"],
            name=op.f("inspection_run_run_hardware_information_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["run_software_environment_id"],
            ["software_environment.id"],
            name=op.f("inspection_run_run_software_environment_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inspection_run_pkey")),
        sa.UniqueConstraint("inspection_document_id", "inspection_result_number", name="inspection_run_natural_key"),
        comment="A row is one run of an inspection: a software stack that was built and run, or is going to be (PENDING).",
    )
    op.create_index(
        "inspection_run_build_environment_idx", "inspection_run", ["build_software_environment_id"], unique=False
    )
    op.create_index(
        "inspection_run_build_hardware_idx", "inspection_run", ["build_hardware_information_id"], unique=False
    )
    op.create_index(
        "inspection_run_dependency_monkey_run_id_idx", "inspection_run", ["dependency_monkey_run_id"], unique=False
    )
    op.create_index(
        "inspection_run_inspection_software_stack_id_idx",
        "inspection_run",
        ["inspection_software_stack_id"],
        unique=False,
    )
    op.create_index(
        "inspection_run_pending_idx",
        "inspection_run",
        ["inspection_document_id"],
        unique=False,
        postgresql_where="inspection_sync_state = 'PENDING'",
    )
    op.create_index(
        "inspection_run_run_environment_idx", "inspection_run", ["run_software_environment_id"], unique=False
    )
    op.create_index("inspection_run_run_hardware_idx", "inspection_run", ["run_hardware_information_id"], unique=False)
    op.create_table(
        "kebechet_github_installations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False, comment="owner/repository, in lower case"),
        sa.Column("repo_name", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("installation_id", sa.Text(), nullable=False, comment="GitHub's number of the installation"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("runtime_environment_name", sa.Text(), nullable=True, comment="as .thoth.yaml calls it"),
        sa.Column(
            "info_manager",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="whether it is switched on, as each of the managers",
        ),
        sa.Column("pipfile_requirements_manager", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("update_manager", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version_manager", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("thoth_advise_manager", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("thoth_provenance_manager", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_run", sa.DateTime(timezone=True), nullable=True, comment="when Kebechet last asked for advice"),
        sa.Column("external_python_software_stack_id", sa.BigInteger(), nullable=True),
        sa.Column("external_software_environment_id", sa.BigInteger(), nullable=True),
        sa.Column("advised_python_software_stack_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("repo_name <> ''", name=op.f("kebechet_github_installations_repo_name_check")),
        sa.CheckConstraint("slug LIKE '%/%'", name=op.f("kebechet_github_installations_slug_check")),
        sa.CheckConstraint("slug = lower(slug)", name=op.f("kebechet_github_installations_slug_case_check")),
        sa.ForeignKeyConstraint(
            ["advised_python_software_stack_id"],
            ["python_software_stack.id"],
            name=op.f("kebechet_github_installations_advised_python_software_stack_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["external_python_software_stack_id"],
            ["external_python_software_stack.id"],
            name=op.f("kebechet_github_installations_external_python_software_stack_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["external_software_environment_id"],
            ["external_software_environment.id"],
            name=op.f("kebechet_github_installations_external_software_environment_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("kebechet_github_installations_pkey")),
        sa.UniqueConstraint(
            "slug",
            "runtime_environment_name",
            name="kebechet_github_installations_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="A row is a repository that Kebechet looks after, in one of its runtime environments.",
    )
    op.create_index(
        "kebechet_github_installations_active_idx",
        "kebechet_github_installations",
        ["slug"],
        unique=False,
        postgresql_where="is_active",
    )
    op.create_index(
        "kebechet_github_installations_advised_idx",
        "kebechet_github_installations",
        ["advised_python_software_stack_id"],
        unique=False,
    )
    op.create_index(
        "kebechet_github_installations_environment_idx",
        "kebechet_github_installations",
        ["external_software_environment_id"],
        unique=False,
    )
    op.create_index(
        "kebechet_github_installations_stack_idx",
        "kebechet_github_installations",
        ["external_python_software_stack_id"],
        unique=False,
    )
    op.create_table(
        "package_analyzer_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("package_analysis_document_id", sa.Text(), nullable=False),
        sa.Column("package_analyzer_name", sa.Text(), nullable=True),
        sa.Column("package_analyzer_version", sa.Text(), nullable=True),
        sa.Column("datetime", sa.DateTime(timezone=True), nullable=False, comment="when the document was made"),
        sa.Column("debug", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("package_analyzer_error", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True, comment="seconds"),
        sa.Column("input_python_package_version_entity_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("duration >= 0", name=op.f("package_analyzer_run_duration_check")),
        sa.ForeignKeyConstraint(
            ["input_python_package_version_entity_id"],
            ["python_package_version_entity.id"],
            name=op.f("package_analyzer_run_input_python_package_version_entity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("package_analyzer_run_pkey")),
        sa.UniqueConstraint(
            "package_analysis_document_id", name=op.f("package_analyzer_run_package_analysis_document_id_key")
        ),
        comment="A row is an analysis of a package version, known by its document.",
    )
    op.create_index("package_analyzer_run_datetime_idx", "package_analyzer_run", ["datetime"], unique=False)
    op.create_index(
        "package_analyzer_run_entity_idx",
        "package_analyzer_run",
        ["input_python_package_version_entity_id"],
        unique=False,
    )
    op.create_table(
        "provenance_checker_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provenance_checker_document_id", sa.Text(), nullable=False),
        sa.Column("datetime", sa.DateTime(timezone=True), nullable=False, comment="when the document was made"),
        sa.Column("provenance_checker_version", sa.Text(), nullable=False),
        sa.Column("provenance_checker_name", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True, comment="what was checked, such as the URL of a repository"),
        sa.Column("debug", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("provenance_checker_error", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True, comment="seconds"),
        sa.Column("user_software_stack_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("duration >= 0", name=op.f("provenance_checker_run_duration_check")),
        sa.ForeignKeyConstraint(
            ["user_software_stack_id"],
            ["external_python_software_stack.id"],
            name=op.f("provenance_checker_run_user_software_stack_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("provenance_checker_run_pkey")),
        sa.UniqueConstraint(
            "provenance_checker_document_id", name=op.f("provenance_checker_run_provenance_checker_document_id_key")
        ),
        comment="A row is a check of where the packages of a user's stack come from, known by its document.",
    )
    op.create_index("provenance_checker_run_datetime_idx", "provenance_checker_run", ["datetime"], unique=False)
    op.create_index(
        "provenance_checker_run_user_software_stack_id_idx",
        "provenance_checker_run",
        ["user_software_stack_id"],
        unique=False,
    )
    op.create_table(
        "python_dependency_monkey_requirements",
        sa.Column("dependency_monkey_run_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_requirement_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dependency_monkey_run_id"],
            ["dependency_monkey_run.id"],
            name=op.f("python_dependency_monkey_requirements_dependency_monkey_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_requirement_id"],
            ["python_package_requirement.id"],
            name=op.f("python_dependency_monkey_requirements_python_package_requirement_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "dependency_monkey_run_id",
            "python_package_requirement_id",
            name=op.f("python_dependency_monkey_requirements_pkey"),
        ),
        comment="A row says that a run of Dependency Monkey made its stacks from a requirement.",
    )
    op.create_index(
        "python_dependency_monkey_requirements_requirement_idx",
        "python_dependency_monkey_requirements",
        ["python_package_requirement_id"],
        unique=False,
    )
    op.create_table(
        "python_package_version_entity_rules_association",
        sa.Column("python_package_version_entity_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_version_entity_rule_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_package_version_entity_id"],
            ["python_package_version_entity.id"],
            name=op.f("python_package_version_entity_rules_association_python_package_version_entity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_version_entity_rule_id"],
            ["python_package_version_entity_rule.id"],
            name=op.f("python_package_version_entity_rules_association_python_package_version_entity_rule_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_package_version_entity_id",
            "python_package_version_entity_rule_id",
            name=op.f("python_package_version_entity_rules_association_pkey"),
        ),
        comment="A row says that a rule applies to a package version; it follows from both and can be rebuilt.",
    )
    op.create_index(
        "python_package_version_entity_rules_association_rule_idx",
        "python_package_version_entity_rules_association",
        ["python_package_version_entity_rule_id"],
        unique=False,
    )
    op.create_table(
        "advised",
        sa.Column("adviser_run_id", sa.BigInteger(), nullable=False),
        sa.Column("python_software_stack_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["adviser_run_id"], ["adviser_run.id"], name=op.f("advised_adviser_run_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["python_software_stack_id"],
            ["python_software_stack.id"],
            name=op.f("advised_python_software_stack_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("adviser_run_id", "python_software_stack_id", name=op.f("advised_pkey")),
        comment="A row says that an adviser's run advised a software stack.",
    )
    op.create_index("advised_python_software_stack_id_idx", "advised", ["python_software_stack_id"], unique=False)
    op.create_table(
        "has_python_requirement_lock",
        sa.Column("python_requirements_lock_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_version_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_package_version_id"],
            ["python_package_version.id"],
            name=op.f("has_python_requirement_lock_python_package_version_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_requirements_lock_id"],
            ["python_requirements_lock.id"],
            name=op.f("has_python_requirement_lock_python_requirements_lock_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_requirements_lock_id", "python_package_version_id", name=op.f("has_python_requirement_lock_pkey")
        ),
        comment="A row says that a package version, in its environment, belongs to a set of locked packages.",
    )
    op.create_index(
        "has_python_requirement_lock_version_idx",
        "has_python_requirement_lock",
        ["python_package_version_id"],
        unique=False,
    )
    op.create_table(
        "has_unresolved",
        sa.Column("adviser_run_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_version_entity_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["adviser_run_id"], ["adviser_run.id"], name=op.f("has_unresolved_adviser_run_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["python_package_version_entity_id"],
            ["python_package_version_entity.id"],
            name=op.f("has_unresolved_python_package_version_entity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("adviser_run_id", "python_package_version_entity_id", name=op.f("has_unresolved_pkey")),
        comment="A row says that an adviser's run came across a package that was not solved then.",
    )
    op.create_index("has_unresolved_entity_idx", "has_unresolved", ["python_package_version_entity_id"], unique=False)
    op.create_table(
        "investigated",
        sa.Column("package_analyzer_run_id", sa.BigInteger(), nullable=False),
        sa.Column("python_artifact_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["package_analyzer_run_id"],
            ["package_analyzer_run.id"],
            name=op.f("investigated_package_analyzer_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_artifact_id"],
            ["python_artifact.id"],
            name=op.f("investigated_python_artifact_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("package_analyzer_run_id", "python_artifact_id", name=op.f("investigated_pkey")),
        comment="A row says that an analysis looked into an artifact of the package.",
    )
    op.create_index("investigated_python_artifact_id_idx", "investigated", ["python_artifact_id"], unique=False)
    op.create_table(
        "investigated_file",
        sa.Column("package_analyzer_run_id", sa.BigInteger(), nullable=False),
        sa.Column("python_file_digest_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["package_analyzer_run_id"],
            ["package_analyzer_run.id"],
            name=op.f("investigated_file_package_analyzer_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_file_digest_id"],
            ["python_file_digest.id"],
            name=op.f("investigated_file_python_file_digest_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "package_analyzer_run_id", "python_file_digest_id", name=op.f("investigated_file_pkey")
        ),
        comment="A row says that an analysis looked into a Python file, which included_file places in an artifact.",
    )
    op.create_index(
        "investigated_file_python_file_digest_id_idx", "investigated_file", ["python_file_digest_id"], unique=False
    )
    op.create_table(
        "pi_conv1d",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inspection_run_id", sa.BigInteger(), nullable=False, comment="one run has one output of its script"),
        sa.Column("component", sa.Text(), nullable=True, comment="what is measured, such as tensorflow"),
        sa.Column("origin", sa.Text(), nullable=False, comment="where the script comes from"),
        sa.Column("version", sa.Text(), nullable=False, comment="of the script; its sha256 where it states none"),
        sa.Column("overall_score", sa.Double(), nullable=True),
        sa.Column("exit_code", sa.BigInteger(), nullable=True, comment="of the script"),
        sa.Column(
            "ru_utime", sa.Double(), nullable=True, comment="seconds of processor time in user mode; see getrusage(2)"
        ),
        sa.Column("ru_stime", sa.Double(), nullable=True, comment="seconds of processor time in the kernel"),
        sa.Column("ru_maxrss", sa.BigInteger(), nullable=True, comment="KiB of memory, at its peak"),
        sa.Column("ru_ixrss", sa.BigInteger(), nullable=True, comment="size of shared memory; Linux says 0"),
        sa.Column("ru_idrss", sa.BigInteger(), nullable=True, comment="size of unshared data; Linux says 0"),
        sa.Column("ru_isrss", sa.BigInteger(), nullable=True, comment="size of unshared stack; Linux says 0"),
        sa.Column("ru_minflt", sa.BigInteger(), nullable=True, comment="page faults without input or output"),
        sa.Column("ru_majflt", sa.BigInteger(), nullable=True, comment="page faults that needed input or output"),
        sa.Column("ru_nswap", sa.BigInteger(), nullable=True, comment="swaps; Linux says 0"),
        sa.Column("ru_inblock", sa.BigInteger(), nullable=True, comment="times the file system read"),
        sa.Column("ru_oublock", sa.BigInteger(), nullable=True, comment="times the file system wrote"),
        sa.Column("ru_msgsnd", sa.BigInteger(), nullable=True, comment="messages sent; Linux says 0"),
        sa.Column("ru_msgrcv", sa.BigInteger(), nullable=True, comment="messages received; Linux says 0"),
        sa.Column("ru_nsignals", sa.BigInteger(), nullable=True, comment="signals received; Linux says 0"),
        sa.Column("ru_nvcsw", sa.BigInteger(), nullable=True, comment="context switches because it waited"),
        sa.Column("ru_nivcsw", sa.BigInteger(), nullable=True, comment="context switches because its time was over"),
        sa.Column("device", sa.Text(), nullable=False, comment="what it ran on, such as cpu"),
        sa.Column("dtype", sa.Text(), nullable=False, comment="type of the numbers, such as float32"),
        sa.Column("reps", sa.Integer(), nullable=False, comment="repetitions"),
        sa.Column("data_format", sa.Text(), nullable=False, comment="order of the dimensions"),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("input_width", sa.Integer(), nullable=False),
        sa.Column("input_channels", sa.Integer(), nullable=False),
        sa.Column("filter_width", sa.Integer(), nullable=False),
        sa.Column("output_channels", sa.Integer(), nullable=False),
        sa.Column("strides", sa.Integer(), nullable=False),
        sa.Column("padding", sa.Text(), nullable=False, comment="a word such as SAME, or a number"),
        sa.Column("elapsed", sa.Float(), nullable=False, comment="in the unit of the script"),
        sa.Column("rate", sa.Float(), nullable=False, comment="in the unit of the script"),
        sa.CheckConstraint("batch > 0", name=op.f("pi_conv1d_batch_check")),
        sa.CheckConstraint("filter_width > 0", name=op.f("pi_conv1d_filter_width_check")),
        sa.CheckConstraint("input_channels > 0", name=op.f("pi_conv1d_input_channels_check")),
        sa.CheckConstraint("input_width > 0", name=op.f("pi_conv1d_input_width_check")),
        sa.CheckConstraint("output_channels > 0", name=op.f("pi_conv1d_output_channels_check")),
        sa.CheckConstraint("reps > 0", name=op.f("pi_conv1d_reps_check")),
        sa.ForeignKeyConstraint(
            ["inspection_run_id"],
            ["inspection_run.id"],
            name=op.f("pi_conv1d_inspection_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pi_conv1d_pkey")),
        sa.UniqueConstraint("inspection_run_id", name=op.f("pi_conv1d_inspection_run_id_key")),
        comment="A row is how fast a framework computed convolutions in one dimension.",
    )
    op.create_index(op.f("pi_conv1d_component_idx"), "pi_conv1d", ["component"], unique=False)
    op.create_table(
        "pi_conv2d",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inspection_run_id", sa.BigInteger(), nullable=False, comment="one run has one output of its script"),
        sa.Column("component", sa.Text(), nullable=True, comment="what is measured, such as tensorflow"),
        sa.Column("origin", sa.Text(), nullable=False, comment="where the script comes from"),
        sa.Column("version", sa.Text(), nullable=False, comment="of the script; its sha256 where it states none"),
        sa.Column("overall_score", sa.Double(), nullable=True),
        sa.Column("exit_code", sa.BigInteger(), nullable=True, comment="of the script"),
        sa.Column(
            "ru_utime", sa.Double(), nullable=True, comment="seconds of processor time in user mode; see getrusage(2)"
        ),
        sa.Column("ru_stime", sa.Double(), nullable=True, comment="seconds of processor time in the kernel"),
        sa.Column("ru_maxrss", sa.BigInteger(), nullable=True, comment="KiB of memory, at its peak"),
        sa.Column("ru_ixrss", sa.BigInteger(), nullable=True, comment="size of shared memory; Linux says 0"),
        sa.Column("ru_idrss", sa.BigInteger(), nullable=True, comment="size of unshared data; Linux says 0"),
        sa.Column("ru_isrss", sa.BigInteger(), nullable=True, comment="size of unshared stack; Linux says 0"),
        sa.Column("ru_minflt", sa.BigInteger(), nullable=True, comment="page faults without input or output"),
        sa.Column("ru_majflt", sa.BigInteger(), nullable=True, comment="page faults that needed input or output"),
        sa.Column("ru_nswap", sa.BigInteger(), nullable=True, comment="swaps; Linux says 0"),
        sa.Column("ru_inblock", sa.BigInteger(), nullable=True, comment="times the file system read"),
        sa.Column("ru_oublock", sa.BigInteger(), nullable=True, comment="times the file system wrote"),
        sa.Column("ru_msgsnd", sa.BigInteger(), nullable=True, comment="messages sent; Linux says 0"),
        sa.Column("ru_msgrcv", sa.BigInteger(), nullable=True, comment="messages received; Linux says 0"),
        sa.Column("ru_nsignals", sa.BigInteger(), nullable=True, comment="signals received; Linux says 0"),
        sa.Column("ru_nvcsw", sa.BigInteger(), nullable=True, comment="context switches because it waited"),
        sa.Column("ru_nivcsw", sa.BigInteger(), nullable=True, comment="context switches because its time was over"),
        sa.Column("device", sa.Text(), nullable=False, comment="what it ran on, such as cpu"),
        sa.Column("dtype", sa.Text(), nullable=False, comment="type of the numbers, such as float32"),
        sa.Column("reps", sa.Integer(), nullable=False, comment="repetitions"),
        sa.Column("data_format", sa.Text(), nullable=False, comment="order of the dimensions"),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("input_height", sa.Integer(), nullable=False),
        sa.Column("input_width", sa.Integer(), nullable=False),
        sa.Column("input_channels", sa.Integer(), nullable=False),
        sa.Column("filter_height", sa.Integer(), nullable=False),
        sa.Column("filter_width", sa.Integer(), nullable=False),
        sa.Column("output_channels", sa.Integer(), nullable=False),
        sa.Column("strides", sa.Integer(), nullable=False),
        sa.Column("padding", sa.Text(), nullable=False, comment="a word such as SAME, or a number"),
        sa.Column("elapsed", sa.Float(), nullable=False, comment="in the unit of the script"),
        sa.Column("rate", sa.Float(), nullable=False, comment="in the unit of the script"),
        sa.CheckConstraint("batch > 0", name=op.f("pi_conv2d_batch_check")),
        sa.CheckConstraint("filter_height > 0", name=op.f("pi_conv2d_filter_height_check")),
        sa.CheckConstraint("filter_width > 0", name=op.f("pi_conv2d_filter_width_check")),
        sa.CheckConstraint("input_channels > 0", name=op.f("pi_conv2d_input_channels_check")),
        sa.CheckConstraint("input_height > 0", name=op.f("pi_conv2d_input_height_check")),
        sa.CheckConstraint("input_width > 0", name=op.f("pi_conv2d_input_width_check")),
        sa.CheckConstraint("output_channels > 0", name=op.f("pi_conv2d_output_channels_check")),
        sa.CheckConstraint("reps > 0", name=op.f("pi_conv2d_reps_check")),
        sa.ForeignKeyConstraint(
            ["inspection_run_id"],
            ["inspection_run.id"],
            name=op.f("pi_conv2d_inspection_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pi_conv2d_pkey")),
        sa.UniqueConstraint("inspection_run_id", name=op.f("pi_conv2d_inspection_run_id_key")),
        comment="A row is how fast a framework computed convolutions in two dimensions.",
    )
    op.create_index(op.f("pi_conv2d_component_idx"), "pi_conv2d", ["component"], unique=False)
    op.create_table(
        "pi_matmul",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inspection_run_id", sa.BigInteger(), nullable=False, comment="one run has one output of its script"),
        sa.Column("component", sa.Text(), nullable=True, comment="what is measured, such as tensorflow"),
        sa.Column("origin", sa.Text(), nullable=False, comment="where the script comes from"),
        sa.Column("version", sa.Text(), nullable=False, comment="of the script; its sha256 where it states none"),
        sa.Column("overall_score", sa.Double(), nullable=True),
        sa.Column("exit_code", sa.BigInteger(), nullable=True, comment="of the script"),
        sa.Column(
            "ru_utime", sa.Double(), nullable=True, comment="seconds of processor time in user mode; see getrusage(2)"
        ),
        sa.Column("ru_stime", sa.Double(), nullable=True, comment="seconds of processor time in the kernel"),
        sa.Column("ru_maxrss", sa.BigInteger(), nullable=True, comment="KiB of memory, at its peak"),
        sa.Column("ru_ixrss", sa.BigInteger(), nullable=True, comment="size of shared memory; Linux says 0"),
        sa.Column("ru_idrss", sa.BigInteger(), nullable=True, comment="size of unshared data; Linux says 0"),
        sa.Column("ru_isrss", sa.BigInteger(), nullable=True, comment="size of unshared stack; Linux says 0"),
        sa.Column("ru_minflt", sa.BigInteger(), nullable=True, comment="page faults without input or output"),
        sa.Column("ru_majflt", sa.BigInteger(), nullable=True, comment="page faults that needed input or output"),
        sa.Column("ru_nswap", sa.BigInteger(), nullable=True, comment="swaps; Linux says 0"),
        sa.Column("ru_inblock", sa.BigInteger(), nullable=True, comment="times the file system read"),
        sa.Column("ru_oublock", sa.BigInteger(), nullable=True, comment="times the file system wrote"),
        sa.Column("ru_msgsnd", sa.BigInteger(), nullable=True, comment="messages sent; Linux says 0"),
        sa.Column("ru_msgrcv", sa.BigInteger(), nullable=True, comment="messages received; Linux says 0"),
        sa.Column("ru_nsignals", sa.BigInteger(), nullable=True, comment="signals received; Linux says 0"),
        sa.Column("ru_nvcsw", sa.BigInteger(), nullable=True, comment="context switches because it waited"),
        sa.Column("ru_nivcsw", sa.BigInteger(), nullable=True, comment="context switches because its time was over"),
        sa.Column("device", sa.Text(), nullable=False, comment="what it ran on, such as cpu"),
        sa.Column("matrix_size", sa.Integer(), nullable=False),
        sa.Column("dtype", sa.Text(), nullable=False, comment="type of the numbers, such as float32"),
        sa.Column("reps", sa.Integer(), nullable=False, comment="repetitions"),
        sa.Column("elapsed", sa.Float(), nullable=False, comment="in the unit of the script"),
        sa.Column("rate", sa.Float(), nullable=False, comment="in the unit of the script"),
        sa.CheckConstraint("matrix_size > 0", name=op.f("pi_matmul_matrix_size_check")),
        sa.CheckConstraint("reps > 0", name=op.f("pi_matmul_reps_check")),
        sa.ForeignKeyConstraint(
            ["inspection_run_id"],
            ["inspection_run.id"],
            name=op.f("pi_matmul_inspection_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pi_matmul_pkey")),
        sa.UniqueConstraint("inspection_run_id", name=op.f("pi_matmul_inspection_run_id_key")),
        comment="A row is how fast a framework multiplied matrices.",
    )
    op.create_index(op.f("pi_matmul_component_idx"), "pi_matmul", ["component"], unique=False)
    op.create_table(
        "pi_pybench",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inspection_run_id", sa.BigInteger(), nullable=False, comment="one run has one output of its script"),
        sa.Column("component", sa.Text(), nullable=True, comment="what is measured, such as tensorflow"),
        sa.Column("origin", sa.Text(), nullable=False, comment="where the script comes from"),
        sa.Column("version", sa.Text(), nullable=False, comment="of the script; its sha256 where it states none"),
        sa.Column("overall_score", sa.Double(), nullable=True),
        sa.Column("exit_code", sa.BigInteger(), nullable=True, comment="of the script"),
        sa.Column(
            "ru_utime", sa.Double(), nullable=True, comment="seconds of processor time in user mode; see getrusage(2)"
        ),
        sa.Column("ru_stime", sa.Double(), nullable=True, comment="seconds of processor time in the kernel"),
        sa.Column("ru_maxrss", sa.BigInteger(), nullable=True, comment="KiB of memory, at its peak"),
        sa.Column("ru_ixrss", sa.BigInteger(), nullable=True, comment="size of shared memory; Linux says 0"),
        sa.Column("ru_idrss", sa.BigInteger(), nullable=True, comment="size of unshared data; Linux says 0"),
        sa.Column("ru_isrss", sa.BigInteger(), nullable=True, comment="size of unshared stack; Linux says 0"),
        sa.Column("ru_minflt", sa.BigInteger(), nullable=True, comment="page faults without input or output"),
        sa.Column("ru_majflt", sa.BigInteger(), nullable=True, comment="page faults that needed input or output"),
        sa.Column("ru_nswap", sa.BigInteger(), nullable=True, comment="swaps; Linux says 0"),
        sa.Column("ru_inblock", sa.BigInteger(), nullable=True, comment="times the file system read"),
        sa.Column("ru_oublock", sa.BigInteger(), nullable=True, comment="times the file system wrote"),
        sa.Column("ru_msgsnd", sa.BigInteger(), nullable=True, comment="messages sent; Linux says 0"),
        sa.Column("ru_msgrcv", sa.BigInteger(), nullable=True, comment="messages received; Linux says 0"),
        sa.Column("ru_nsignals", sa.BigInteger(), nullable=True, comment="signals received; Linux says 0"),
        sa.Column("ru_nvcsw", sa.BigInteger(), nullable=True, comment="context switches because it waited"),
        sa.Column("ru_nivcsw", sa.BigInteger(), nullable=True, comment="context switches because its time was over"),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("built_in_function_calls_average", sa.Float(), nullable=False),
        sa.Column("built_in_method_lookup_average", sa.Float(), nullable=False),
        sa.Column("compare_floats_average", sa.Float(), nullable=False),
        sa.Column("compare_floats_integers_average", sa.Float(), nullable=False),
        sa.Column("compare_integers_average", sa.Float(), nullable=False),
        sa.Column("compare_interned_strings_average", sa.Float(), nullable=False),
        sa.Column("compare_longs_average", sa.Float(), nullable=False),
        sa.Column("compare_strings_average", sa.Float(), nullable=False),
        sa.Column("compare_unicode_average", sa.Float(), nullable=False),
        sa.Column("concat_strings_average", sa.Float(), nullable=False),
        sa.Column("concat_unicode_average", sa.Float(), nullable=False),
        sa.Column("create_instances_average", sa.Float(), nullable=False),
        sa.Column("create_new_instances_average", sa.Float(), nullable=False),
        sa.Column("create_strings_with_concat_average", sa.Float(), nullable=False),
        sa.Column("create_unicode_with_concat_average", sa.Float(), nullable=False),
        sa.Column("dict_creation_average", sa.Float(), nullable=False),
        sa.Column("dict_with_float_keys_average", sa.Float(), nullable=False),
        sa.Column("dict_with_integer_keys_average", sa.Float(), nullable=False),
        sa.Column("dict_with_string_keys_average", sa.Float(), nullable=False),
        sa.Column("for_loops_average", sa.Float(), nullable=False),
        sa.Column("if_then_else_average", sa.Float(), nullable=False),
        sa.Column("list_slicing_average", sa.Float(), nullable=False),
        sa.Column("nested_for_loops_average", sa.Float(), nullable=False),
        sa.Column("normal_class_attribute_average", sa.Float(), nullable=False),
        sa.Column("normal_instance_attribute_average", sa.Float(), nullable=False),
        sa.Column("python_function_calls_average", sa.Float(), nullable=False),
        sa.Column("python_method_calls_average", sa.Float(), nullable=False),
        sa.Column("recursion_average", sa.Float(), nullable=False),
        sa.Column("second_import_average", sa.Float(), nullable=False),
        sa.Column("second_package_import_average", sa.Float(), nullable=False),
        sa.Column("second_submodule_import_average", sa.Float(), nullable=False),
        sa.Column("simple_complex_arithmetic_average", sa.Float(), nullable=False),
        sa.Column("simple_dict_manipulation_average", sa.Float(), nullable=False),
        sa.Column("simple_float_arithmetic_average", sa.Float(), nullable=False),
        sa.Column("simple_int_float_arithmetic_average", sa.Float(), nullable=False),
        sa.Column("simple_integer_arithmetic_average", sa.Float(), nullable=False),
        sa.Column("simple_list_manipulation_average", sa.Float(), nullable=False),
        sa.Column("simple_long_arithmetic_average", sa.Float(), nullable=False),
        sa.Column("small_lists_average", sa.Float(), nullable=False),
        sa.Column("small_tuples_average", sa.Float(), nullable=False),
        sa.Column("special_class_attribute_average", sa.Float(), nullable=False),
        sa.Column("special_instance_attribute_average", sa.Float(), nullable=False),
        sa.Column("string_mappings_average", sa.Float(), nullable=False),
        sa.Column("string_predicates_average", sa.Float(), nullable=False),
        sa.Column("string_slicing_average", sa.Float(), nullable=False),
        sa.Column("try_except_average", sa.Float(), nullable=False),
        sa.Column("try_raise_except_average", sa.Float(), nullable=False),
        sa.Column("tuple_slicing_average", sa.Float(), nullable=False),
        sa.Column("unicode_mappings_average", sa.Float(), nullable=False),
        sa.Column("unicode_predicates_average", sa.Float(), nullable=False),
        sa.Column("unicode_properties_average", sa.Float(), nullable=False),
        sa.Column("unicode_slicing_average", sa.Float(), nullable=False),
        sa.Column("totals_average", sa.Float(), nullable=False),
        sa.CheckConstraint("rounds > 0", name=op.f("pi_pybench_rounds_check")),
        sa.ForeignKeyConstraint(
            ["inspection_run_id"],
            ["inspection_run.id"],
            name=op.f("pi_pybench_inspection_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pi_pybench_pkey")),
        sa.UniqueConstraint("inspection_run_id", name=op.f("pi_pybench_inspection_run_id_key")),
        comment="A row is how fast a Python interpreter was at PyBench: the average of each benchmark's rounds, and of all.",
    )
    op.create_index(op.f("pi_pybench_component_idx"), "pi_pybench", ["component"], unique=False)
    op.create_table(
        "si_aggregated",
        sa.Column("si_aggregated_run_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_version_entity_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "python_package_version_id",
            sa.BigInteger(),
            nullable=True,
            comment="one of its environments, where it was solved",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_version_entity_id"],
            ["python_package_version_entity.id"],
            name=op.f("si_aggregated_python_package_version_entity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_version_id"],
            ["python_package_version.id"],
            name=op.f("si_aggregated_python_package_version_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["si_aggregated_run_id"],
            ["si_aggregated_run.id"],
            name=op.f("si_aggregated_si_aggregated_run_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("si_aggregated_run_id", name=op.f("si_aggregated_pkey")),
        comment="A row says which package version an analysis of security indicators is about.",
    )
    op.create_index("si_aggregated_entity_idx", "si_aggregated", ["python_package_version_entity_id"], unique=False)
    op.create_index("si_aggregated_version_idx", "si_aggregated", ["python_package_version_id"], unique=False)
    op.alter_column(
        "python_artifact",
        "present",
        existing_type=sa.BOOLEAN(),
        comment="as releases before 1.0 kept it; has_artifact tells it of each index",
        existing_nullable=False,
        existing_server_default=sa.text("true"),
    )
    op.alter_column(
        "python_package_version",
        "provides_source_distro",
        existing_type=sa.BOOLEAN(),
        comment="whether the index has a source distribution of it",
        existing_nullable=False,
        existing_server_default=sa.text("true"),
    )
    op.alter_column(
        "synced_document",
        "content_sha256",
        existing_type=postgresql.BYTEA(),
        nullable=True,
        comment="of the document as canonical JSON; NULL where an older release synced it",
        existing_comment="of the document as canonical JSON",
    )
    for table, comment in COMMENTS.items():
        op.create_table_comment(table, comment)


def downgrade() -> None:
    for table in COMMENTS:
        op.drop_table_comment(table)
    # What an older release synced has no content that is known: none equals this one.
    op.execute(
        "UPDATE synced_document SET content_sha256 = decode(repeat('00', 32), 'hex') WHERE content_sha256 IS NULL"
    )
    op.alter_column(
        "synced_document",
        "content_sha256",
        existing_type=postgresql.BYTEA(),
        nullable=False,
        comment="of the document as canonical JSON",
        existing_comment="of the document as canonical JSON; NULL where an older release synced it",
    )
    op.alter_column(
        "python_package_version",
        "provides_source_distro",
        existing_type=sa.BOOLEAN(),
        comment=None,
        existing_comment="whether the index has a source distribution of it",
        existing_nullable=False,
        existing_server_default=sa.text("true"),
    )
    op.alter_column(
        "python_artifact",
        "present",
        existing_type=sa.BOOLEAN(),
        comment=None,
        existing_comment="as releases before 1.0 kept it; has_artifact tells it of each index",
        existing_nullable=False,
        existing_server_default=sa.text("true"),
    )
    op.drop_index("si_aggregated_version_idx", table_name="si_aggregated")
    op.drop_index("si_aggregated_entity_idx", table_name="si_aggregated")
    op.drop_table("si_aggregated")
    op.drop_index(op.f("pi_pybench_component_idx"), table_name="pi_pybench")
    op.drop_table("pi_pybench")
    op.drop_index(op.f("pi_matmul_component_idx"), table_name="pi_matmul")
    op.drop_table("pi_matmul")
    op.drop_index(op.f("pi_conv2d_component_idx"), table_name="pi_conv2d")
    op.drop_table("pi_conv2d")
    op.drop_index(op.f("pi_conv1d_component_idx"), table_name="pi_conv1d")
    op.drop_table("pi_conv1d")
    op.drop_index("investigated_file_python_file_digest_id_idx", table_name="investigated_file")
    op.drop_table("investigated_file")
    op.drop_index("investigated_python_artifact_id_idx", table_name="investigated")
    op.drop_table("investigated")
    op.drop_index("has_unresolved_entity_idx", table_name="has_unresolved")
    op.drop_table("has_unresolved")
    op.drop_index("has_python_requirement_lock_version_idx", table_name="has_python_requirement_lock")
    op.drop_table("has_python_requirement_lock")
    op.drop_index("advised_python_software_stack_id_idx", table_name="advised")
    op.drop_table("advised")
    op.drop_index(
        "python_package_version_entity_rules_association_rule_idx",
        table_name="python_package_version_entity_rules_association",
    )
    op.drop_table("python_package_version_entity_rules_association")
    op.drop_index(
        "python_dependency_monkey_requirements_requirement_idx", table_name="python_dependency_monkey_requirements"
    )
    op.drop_table("python_dependency_monkey_requirements")
    op.drop_index("provenance_checker_run_user_software_stack_id_idx", table_name="provenance_checker_run")
    op.drop_index("provenance_checker_run_datetime_idx", table_name="provenance_checker_run")
    op.drop_table("provenance_checker_run")
    op.drop_index("package_analyzer_run_entity_idx", table_name="package_analyzer_run")
    op.drop_index("package_analyzer_run_datetime_idx", table_name="package_analyzer_run")
    op.drop_table("package_analyzer_run")
    op.drop_index("kebechet_github_installations_stack_idx", table_name="kebechet_github_installations")
    op.drop_index("kebechet_github_installations_environment_idx", table_name="kebechet_github_installations")
    op.drop_index("kebechet_github_installations_advised_idx", table_name="kebechet_github_installations")
    op.drop_index(
        "kebechet_github_installations_active_idx",
        table_name="kebechet_github_installations",
        postgresql_where="is_active",
    )
    op.drop_table("kebechet_github_installations")
    op.drop_index("inspection_run_run_hardware_idx", table_name="inspection_run")
    op.drop_index("inspection_run_run_environment_idx", table_name="inspection_run")
    op.drop_index(
        "inspection_run_pending_idx", table_name="inspection_run", postgresql_where="inspection_sync_state = 'PENDING'"
    )
    op.drop_index("inspection_run_inspection_software_stack_id_idx", table_name="inspection_run")
    op.drop_index("inspection_run_dependency_monkey_run_id_idx", table_name="inspection_run")
    op.drop_index("inspection_run_build_hardware_idx", table_name="inspection_run")
    op.drop_index("inspection_run_build_environment_idx", table_name="inspection_run")
    op.drop_table("inspection_run")
    op.drop_index("identified_python_package_version_entity_id_idx", table_name="identified")
    op.drop_table("identified")
    op.drop_index("has_vulnerability_cve_id_idx", table_name="has_vulnerability")
    op.drop_table("has_vulnerability")
    op.drop_index("has_python_requirements_requirement_idx", table_name="has_python_requirements")
    op.drop_table("has_python_requirements")
    op.drop_index("has_external_python_requirement_lock_entity_idx", table_name="has_external_python_requirement_lock")
    op.drop_table("has_external_python_requirement_lock")
    op.drop_index("has_external_python_requirement_requirement_idx", table_name="has_external_python_requirement")
    op.drop_table("has_external_python_requirement")
    op.drop_index("found_rpm_rpm_package_version_id_idx", table_name="found_rpm")
    op.drop_table("found_rpm")
    op.drop_index("found_python_interpreter_python_interpreter_id_idx", table_name="found_python_interpreter")
    op.drop_table("found_python_interpreter")
    op.drop_index("found_python_file_python_file_digest_id_idx", table_name="found_python_file")
    op.drop_table("found_python_file")
    op.drop_index("found_deb_deb_package_version_id_idx", table_name="found_deb")
    op.drop_table("found_deb")
    op.drop_index("detected_symbol_versioned_symbol_id_idx", table_name="detected_symbol")
    op.drop_table("detected_symbol")
    op.drop_index("adviser_run_user_software_stack_id_idx", table_name="adviser_run")
    op.drop_index("adviser_run_re_run_adviser_id_idx", table_name="adviser_run")
    op.drop_index("adviser_run_origin_idx", table_name="adviser_run", postgresql_using="hash")
    op.drop_index("adviser_run_need_re_run_idx", table_name="adviser_run", postgresql_where="need_re_run")
    op.drop_index("adviser_run_external_run_environment_idx", table_name="adviser_run")
    op.drop_index("adviser_run_external_hardware_idx", table_name="adviser_run")
    op.drop_index("adviser_run_external_build_environment_idx", table_name="adviser_run")
    op.drop_index("adviser_run_datetime_idx", table_name="adviser_run")
    op.drop_index("adviser_run_adviser_version_idx", table_name="adviser_run")
    op.drop_table("adviser_run")
    op.drop_index("rpm_requires_rpm_requirement_id_idx", table_name="rpm_requires")
    op.drop_table("rpm_requires")
    op.drop_index("requires_symbol_versioned_symbol_id_idx", table_name="requires_symbol")
    op.drop_table("requires_symbol")
    op.drop_index("python_software_stack_python_requirements_lock_id_idx", table_name="python_software_stack")
    op.drop_index("python_software_stack_python_requirements_id_idx", table_name="python_software_stack")
    op.drop_table("python_software_stack")
    op.drop_index("python_package_version_entity_rule_index_idx", table_name="python_package_version_entity_rule")
    op.drop_table("python_package_version_entity_rule")
    op.drop_index("python_package_requirement_name_idx", table_name="python_package_requirement")
    op.drop_table("python_package_requirement")
    op.drop_index("package_extract_run_version_idx", table_name="package_extract_run")
    op.drop_index("package_extract_run_software_environment_id_idx", table_name="package_extract_run")
    op.drop_index("package_extract_run_external_software_environment_id_idx", table_name="package_extract_run")
    op.drop_index("package_extract_run_datetime_idx", table_name="package_extract_run")
    op.drop_table("package_extract_run")
    op.drop_index("included_file_python_file_digest_id_idx", table_name="included_file")
    op.drop_table("included_file")
    op.drop_index("has_symbol_versioned_symbol_id_idx", table_name="has_symbol")
    op.drop_index("has_symbol_external_idx", table_name="has_symbol")
    op.drop_table("has_symbol")
    op.drop_index("external_python_software_stack_lock_idx", table_name="external_python_software_stack")
    op.drop_table("external_python_software_stack")
    op.drop_index("dependency_monkey_run_run_hardware_idx", table_name="dependency_monkey_run")
    op.drop_index("dependency_monkey_run_run_environment_idx", table_name="dependency_monkey_run")
    op.drop_index("dependency_monkey_run_datetime_idx", table_name="dependency_monkey_run")
    op.drop_index("dependency_monkey_run_build_hardware_idx", table_name="dependency_monkey_run")
    op.drop_index("dependency_monkey_run_build_environment_idx", table_name="dependency_monkey_run")
    op.drop_table("dependency_monkey_run")
    op.drop_index("deb_replaces_deb_dependency_id_idx", table_name="deb_replaces")
    op.drop_table("deb_replaces")
    op.drop_index("deb_pre_depends_deb_dependency_id_idx", table_name="deb_pre_depends")
    op.drop_table("deb_pre_depends")
    op.drop_index("deb_depends_deb_dependency_id_idx", table_name="deb_depends")
    op.drop_table("deb_depends")
    op.drop_index("versioned_symbol_symbol_idx", table_name="versioned_symbol", postgresql_using="hash")
    op.drop_index("versioned_symbol_library_name_idx", table_name="versioned_symbol", postgresql_using="hash")
    op.drop_table("versioned_symbol")
    op.drop_index(
        "software_environment_thoth_image_name_idx", table_name="software_environment", postgresql_using="hash"
    )
    op.drop_index("software_environment_os_idx", table_name="software_environment")
    op.drop_index("software_environment_image_name_idx", table_name="software_environment", postgresql_using="hash")
    op.drop_index("software_environment_env_image_name_idx", table_name="software_environment", postgresql_using="hash")
    op.drop_table("software_environment")
    op.drop_index("si_aggregated_run_datetime_idx", table_name="si_aggregated_run")
    op.drop_table("si_aggregated_run")
    op.drop_table("rpm_requirement")
    op.drop_table("rpm_package_version")
    op.drop_table("python_requirements_lock")
    op.drop_table("python_requirements")
    op.drop_table("python_interpreter")
    op.drop_table("python_file_digest")
    op.drop_table("hardware_information")
    op.drop_index(
        "external_software_environment_thoth_image_name_idx",
        table_name="external_software_environment",
        postgresql_using="hash",
    )
    op.drop_index("external_software_environment_os_idx", table_name="external_software_environment")
    op.drop_index(
        "external_software_environment_image_name_idx",
        table_name="external_software_environment",
        postgresql_using="hash",
    )
    op.drop_index(
        "external_software_environment_env_image_name_idx",
        table_name="external_software_environment",
        postgresql_using="hash",
    )
    op.drop_table("external_software_environment")
    op.drop_table("external_python_requirements_lock")
    op.drop_table("external_python_requirements")
    op.drop_table("external_hardware_information")
    op.drop_table("deb_package_version")
    op.drop_table("deb_dependency")
    op.drop_index("cve_timestamp_single_idx", table_name="cve_timestamp")
    op.drop_table("cve_timestamp")
    op.drop_table("cve")
    for type_ in TYPES:
        op.execute(postgresql.DropEnumType(type_))
