"""Packages, solvers and dependencies.

Revision: 5c1d7e0a9b42
After:
"""

import sqlalchemy as sa
from alembic import op

revision = "5c1d7e0a9b42"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ecosystem_solver",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ecosystem", sa.Text(), nullable=False, comment="python"),
        sa.Column("solver_name", sa.Text(), nullable=False),
        sa.Column("solver_version", sa.Text(), nullable=False),
        sa.Column("os_name", sa.Text(), nullable=False),
        sa.Column("os_version", sa.Text(), nullable=False),
        sa.Column("python_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("ecosystem_solver_pkey")),
        sa.UniqueConstraint(
            "ecosystem",
            "solver_name",
            "solver_version",
            "os_name",
            "os_version",
            "python_version",
            name="ecosystem_solver_natural_key",
        ),
    )
    op.create_index(
        "ecosystem_solver_environment_idx",
        "ecosystem_solver",
        ["os_name", "os_version", "python_version"],
        unique=False,
    )
    op.create_table(
        "graph_identity",
        sa.Column("graph_uuid", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.PrimaryKeyConstraint("graph_uuid", name=op.f("graph_identity_pkey")),
    )
    op.create_index("graph_identity_single_idx", "graph_identity", [sa.literal_column("(true)")], unique=True)
    op.create_table(
        "import_package",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_package_name", sa.Text(), nullable=False),
        sa.CheckConstraint("import_package_name <> ''", name=op.f("import_package_import_package_name_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("import_package_pkey")),
        sa.UniqueConstraint("import_package_name", name=op.f("import_package_import_package_name_key")),
    )
    op.create_table(
        "package_change",
        sa.Column("package_name", sa.Text(), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False, comment="pg_current_xact_id() of that transaction"),
        sa.PrimaryKeyConstraint("package_name", name=op.f("package_change_pkey")),
    )
    op.create_index("package_change_xid_idx", "package_change", ["xid"], unique=False)
    op.create_table(
        "python_artifact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("artifact_hash_sha256", sa.Text(), nullable=False),
        sa.Column("artifact_name", sa.Text(), nullable=True),
        sa.Column("present", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "artifact_hash_sha256 ~ '^[0-9a-f]{64}$'", name=op.f("python_artifact_artifact_hash_sha256_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_artifact_pkey")),
        sa.UniqueConstraint("artifact_hash_sha256", name=op.f("python_artifact_artifact_hash_sha256_key")),
    )
    op.create_table(
        "python_package_index",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("url", sa.Text(), nullable=False, comment="without a trailing slash"),
        sa.Column("warehouse_api_url", sa.Text(), nullable=True),
        sa.Column("verify_ssl", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "enabled",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="whether advice may use it",
        ),
        sa.Column(
            "only_if_package_seen",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="whether only packages that were seen before are followed on it",
        ),
        sa.CheckConstraint("url <> ''", name=op.f("python_package_index_url_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_index_pkey")),
        sa.UniqueConstraint("url", name=op.f("python_package_index_url_key")),
    )
    op.create_table(
        "python_package_license",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("license_name", sa.Text(), nullable=True),
        sa.Column("license_identifier", sa.Text(), nullable=True, comment="SPDX identifier"),
        sa.Column("license_version", sa.Text(), nullable=True, comment="version of the licence database"),
        sa.CheckConstraint(
            "num_nonnulls(license_name, license_identifier, license_version) >= 1",
            name=op.f("python_package_license_not_empty_check"),
        ),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("python_package_license_key_sha256_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_license_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("python_package_license_key_sha256_key")),
    )
    op.create_table(
        "python_package_metadata",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("author_email", sa.Text(), nullable=True),
        sa.Column("download_url", sa.Text(), nullable=True),
        sa.Column("home_page", sa.Text(), nullable=True),
        sa.Column("keywords", sa.Text(), nullable=True),
        sa.Column("license", sa.Text(), nullable=True),
        sa.Column("maintainer", sa.Text(), nullable=True),
        sa.Column("maintainer_email", sa.Text(), nullable=True),
        sa.Column("metadata_version", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("requires_python", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("description_content_type", sa.Text(), nullable=True),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("python_package_metadata_key_sha256_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_metadata_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("python_package_metadata_key_sha256_key")),
    )
    op.create_table(
        "python_package_metadata_classifier",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("classifier", sa.Text(), nullable=False),
        sa.CheckConstraint("classifier <> ''", name=op.f("python_package_metadata_classifier_classifier_check")),
        sa.CheckConstraint(
            "octet_length(key_sha256) = 32", name=op.f("python_package_metadata_classifier_key_sha256_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_metadata_classifier_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("python_package_metadata_classifier_key_sha256_key")),
    )
    op.create_table(
        "python_package_metadata_distutils",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("distutils", sa.Text(), nullable=False),
        sa.Column("distutils_type", sa.Enum("REQUIRED", "PROVIDED", "OBSOLETE", name="distutils_type"), nullable=False),
        sa.CheckConstraint("distutils <> ''", name=op.f("python_package_metadata_distutils_distutils_check")),
        sa.CheckConstraint(
            "octet_length(key_sha256) = 32", name=op.f("python_package_metadata_distutils_key_sha256_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_metadata_distutils_pkey")),
        sa.UniqueConstraint(
            "distutils_type", "key_sha256", name=op.f("python_package_metadata_distutils_distutils_type_key_sha256_key")
        ),
    )
    op.create_table(
        "python_package_metadata_platform",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.CheckConstraint("platform <> ''", name=op.f("python_package_metadata_platform_platform_check")),
        sa.CheckConstraint(
            "octet_length(key_sha256) = 32", name=op.f("python_package_metadata_platform_key_sha256_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_metadata_platform_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("python_package_metadata_platform_key_sha256_key")),
    )
    op.create_table(
        "python_package_metadata_project_url",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(url, label) >= 1", name=op.f("python_package_metadata_project_url_not_empty_check")
        ),
        sa.CheckConstraint(
            "octet_length(key_sha256) = 32", name=op.f("python_package_metadata_project_url_key_sha256_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_metadata_project_url_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("python_package_metadata_project_url_key_sha256_key")),
    )
    op.create_table(
        "python_package_metadata_provides_extra",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("optional_feature", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "optional_feature <> ''", name=op.f("python_package_metadata_provides_extra_optional_feature_check")
        ),
        sa.CheckConstraint(
            "octet_length(key_sha256) = 32", name=op.f("python_package_metadata_provides_extra_key_sha256_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_metadata_provides_extra_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("python_package_metadata_provides_extra_key_sha256_key")),
    )
    op.create_table(
        "python_package_metadata_requires_external",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("dependency", sa.Text(), nullable=False),
        sa.CheckConstraint("dependency <> ''", name=op.f("python_package_metadata_requires_external_dependency_check")),
        sa.CheckConstraint(
            "octet_length(key_sha256) = 32", name=op.f("python_package_metadata_requires_external_key_sha256_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_metadata_requires_external_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("python_package_metadata_requires_external_key_sha256_key")),
    )
    op.create_table(
        "python_package_metadata_supported_platform",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("supported_platform", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "supported_platform <> ''", name=op.f("python_package_metadata_supported_platform_supported_platform_check")
        ),
        sa.CheckConstraint(
            "octet_length(key_sha256) = 32", name=op.f("python_package_metadata_supported_platform_key_sha256_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_metadata_supported_platform_pkey")),
        sa.UniqueConstraint("key_sha256", name=op.f("python_package_metadata_supported_platform_key_sha256_key")),
    )
    op.create_table(
        "synced_document",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "SOLVER",
                "ADVISER",
                "ANALYSIS",
                "PACKAGE_ANALYSIS",
                "INSPECTION",
                "PROVENANCE_CHECKER",
                "DEPENDENCY_MONKEY",
                "SECURITY_INDICATORS",
                "REVERSE_SOLVER",
                name="document_kind",
            ),
            nullable=False,
        ),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=False, comment="of the document as canonical JSON"),
        sa.Column("etag", sa.Text(), nullable=True, comment="of the object it was read from"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="when the document was made"),
        sa.Column("synced_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "to_sync_again",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="whether a newer document withdrew what this one had to say as well",
        ),
        sa.Column(
            "remarks",
            sa.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="what the document says that no table holds, and why",
        ),
        sa.CheckConstraint("octet_length(content_sha256) = 32", name=op.f("synced_document_content_sha256_check")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("synced_document_pkey")),
    )
    op.create_index("synced_document_kind_idx", "synced_document", ["kind", "synced_at"], unique=False)
    op.create_table(
        "has_metadata_classifier",
        sa.Column("python_package_metadata_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_metadata_classifier_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_classifier_id"],
            ["python_package_metadata_classifier.id"],
            name=op.f("has_metadata_classifier_python_package_metadata_classifier_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_id"],
            ["python_package_metadata.id"],
            name=op.f("has_metadata_classifier_python_package_metadata_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_package_metadata_id",
            "python_package_metadata_classifier_id",
            name=op.f("has_metadata_classifier_pkey"),
        ),
    )
    op.create_index(
        "has_metadata_classifier_value_idx",
        "has_metadata_classifier",
        ["python_package_metadata_classifier_id"],
        unique=False,
    )
    op.create_table(
        "has_metadata_distutils",
        sa.Column("python_package_metadata_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_metadata_distutils_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_distutils_id"],
            ["python_package_metadata_distutils.id"],
            name=op.f("has_metadata_distutils_python_package_metadata_distutils_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_id"],
            ["python_package_metadata.id"],
            name=op.f("has_metadata_distutils_python_package_metadata_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_package_metadata_id",
            "python_package_metadata_distutils_id",
            name=op.f("has_metadata_distutils_pkey"),
        ),
    )
    op.create_index(
        "has_metadata_distutils_value_idx",
        "has_metadata_distutils",
        ["python_package_metadata_distutils_id"],
        unique=False,
    )
    op.create_table(
        "has_metadata_platform",
        sa.Column("python_package_metadata_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_metadata_platform_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_id"],
            ["python_package_metadata.id"],
            name=op.f("has_metadata_platform_python_package_metadata_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_platform_id"],
            ["python_package_metadata_platform.id"],
            name=op.f("has_metadata_platform_python_package_metadata_platform_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_package_metadata_id", "python_package_metadata_platform_id", name=op.f("has_metadata_platform_pkey")
        ),
    )
    op.create_index(
        "has_metadata_platform_value_idx",
        "has_metadata_platform",
        ["python_package_metadata_platform_id"],
        unique=False,
    )
    op.create_table(
        "has_metadata_project_url",
        sa.Column("python_package_metadata_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_metadata_project_url_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_id"],
            ["python_package_metadata.id"],
            name=op.f("has_metadata_project_url_python_package_metadata_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_project_url_id"],
            ["python_package_metadata_project_url.id"],
            name=op.f("has_metadata_project_url_python_package_metadata_project_url_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_package_metadata_id",
            "python_package_metadata_project_url_id",
            name=op.f("has_metadata_project_url_pkey"),
        ),
    )
    op.create_index(
        "has_metadata_project_url_value_idx",
        "has_metadata_project_url",
        ["python_package_metadata_project_url_id"],
        unique=False,
    )
    op.create_table(
        "has_metadata_provides_extra",
        sa.Column("python_package_metadata_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_metadata_provides_extra_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_id"],
            ["python_package_metadata.id"],
            name=op.f("has_metadata_provides_extra_python_package_metadata_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_provides_extra_id"],
            ["python_package_metadata_provides_extra.id"],
            name=op.f("has_metadata_provides_extra_python_package_metadata_provides_extra_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_package_metadata_id",
            "python_package_metadata_provides_extra_id",
            name=op.f("has_metadata_provides_extra_pkey"),
        ),
    )
    op.create_index(
        "has_metadata_provides_extra_value_idx",
        "has_metadata_provides_extra",
        ["python_package_metadata_provides_extra_id"],
        unique=False,
    )
    op.create_table(
        "has_metadata_requires_external",
        sa.Column("python_package_metadata_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_metadata_requires_external_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_id"],
            ["python_package_metadata.id"],
            name=op.f("has_metadata_requires_external_python_package_metadata_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_requires_external_id"],
            ["python_package_metadata_requires_external.id"],
            name=op.f("has_metadata_requires_external_python_package_metadata_requires_external_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_package_metadata_id",
            "python_package_metadata_requires_external_id",
            name=op.f("has_metadata_requires_external_pkey"),
        ),
    )
    op.create_index(
        "has_metadata_requires_external_value_idx",
        "has_metadata_requires_external",
        ["python_package_metadata_requires_external_id"],
        unique=False,
    )
    op.create_table(
        "has_metadata_supported_platform",
        sa.Column("python_package_metadata_id", sa.BigInteger(), nullable=False),
        sa.Column("python_package_metadata_supported_platform_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_id"],
            ["python_package_metadata.id"],
            name=op.f("has_metadata_supported_platform_python_package_metadata_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_supported_platform_id"],
            ["python_package_metadata_supported_platform.id"],
            name=op.f("has_metadata_supported_platform_python_package_metadata_supported_platform_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_package_metadata_id",
            "python_package_metadata_supported_platform_id",
            name=op.f("has_metadata_supported_platform_pkey"),
        ),
    )
    op.create_index(
        "has_metadata_supported_platform_value_idx",
        "has_metadata_supported_platform",
        ["python_package_metadata_supported_platform_id"],
        unique=False,
    )
    op.create_table(
        "python_package_version_entity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("package_name", sa.Text(), nullable=False, comment="normalised by PEP 503"),
        sa.Column("package_version", sa.Text(), nullable=True, comment="normalised by PEP 440"),
        sa.Column(
            "version_order", sa.LargeBinary(), nullable=True, comment="sorts as PEP 440 orders versions, as plain bytes"
        ),
        sa.Column("python_package_index_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("package_name <> ''", name=op.f("python_package_version_entity_package_name_check")),
        sa.CheckConstraint(
            "(package_version IS NULL) = (version_order IS NULL)",
            name=op.f("python_package_version_entity_version_order_check"),
        ),
        sa.ForeignKeyConstraint(
            ["python_package_index_id"],
            ["python_package_index.id"],
            name=op.f("python_package_version_entity_python_package_index_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_version_entity_pkey")),
        sa.UniqueConstraint(
            "package_name",
            "package_version",
            "python_package_index_id",
            name="python_package_version_entity_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "python_package_version_entity_index_idx",
        "python_package_version_entity",
        ["python_package_index_id"],
        unique=False,
    )
    op.create_table(
        "has_artifact",
        sa.Column("python_package_version_entity_id", sa.BigInteger(), nullable=False),
        sa.Column("python_artifact_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "present",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="whether this index still provides it; another one may",
        ),
        sa.ForeignKeyConstraint(
            ["python_artifact_id"],
            ["python_artifact.id"],
            name=op.f("has_artifact_python_artifact_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_version_entity_id"],
            ["python_package_version_entity.id"],
            name=op.f("has_artifact_python_package_version_entity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_package_version_entity_id", "python_artifact_id", name=op.f("has_artifact_pkey")
        ),
    )
    op.create_index("has_artifact_python_artifact_id_idx", "has_artifact", ["python_artifact_id"], unique=False)
    op.create_table(
        "python_package_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("package_name", sa.Text(), nullable=False),
        sa.Column("package_version", sa.Text(), nullable=False),
        sa.Column(
            "version_order",
            sa.LargeBinary(),
            nullable=False,
            comment="sorts as PEP 440 orders versions, as plain bytes",
        ),
        sa.Column("python_package_index_id", sa.BigInteger(), nullable=True),
        sa.Column("os_name", sa.Text(), nullable=False, comment="ubi counts as rhel"),
        sa.Column("os_version", sa.Text(), nullable=False, comment="RHEL without its minor version"),
        sa.Column("python_version", sa.Text(), nullable=False, comment="major.minor"),
        sa.Column("python_package_metadata_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "is_missing",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="whether the index no longer provides it although it once did",
        ),
        sa.Column("provides_source_distro", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("package_license", sa.BigInteger(), nullable=True),
        sa.Column(
            "package_license_warning",
            sa.Boolean(),
            nullable=True,
            comment="whether the places that name the licence contradict each other",
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["python_package_version_entity.id"],
            name=op.f("python_package_version_entity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["package_license"],
            ["python_package_license.id"],
            name=op.f("python_package_version_package_license_fkey"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_index_id"],
            ["python_package_index.id"],
            name=op.f("python_package_version_python_package_index_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_metadata_id"],
            ["python_package_metadata.id"],
            name=op.f("python_package_version_python_package_metadata_id_fkey"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("python_package_version_pkey")),
        sa.UniqueConstraint(
            "entity_id", "os_name", "os_version", "python_version", name="python_package_version_natural_key"
        ),
    )
    op.create_index(
        "python_package_version_environment_idx",
        "python_package_version",
        ["os_name", "os_version", "python_version"],
        unique=False,
    )
    op.create_index(
        "python_package_version_index_idx", "python_package_version", ["python_package_index_id"], unique=False
    )
    op.create_index("python_package_version_license_idx", "python_package_version", ["package_license"], unique=False)
    op.create_index(
        "python_package_version_metadata_idx", "python_package_version", ["python_package_metadata_id"], unique=False
    )
    op.create_index(
        "python_package_version_name_idx", "python_package_version", ["package_name", "package_version"], unique=False
    )
    op.create_table(
        "depends_on",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False, comment="what depends"),
        sa.Column("entity_id", sa.BigInteger(), nullable=False, comment="what satisfies it, without an index"),
        sa.Column(
            "key_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="sha256 of the natural key's long columns as a compact JSON array, in column order",
        ),
        sa.Column("version_range", sa.Text(), nullable=True, comment="PEP 440 specifier; * is any version"),
        sa.Column("marker", sa.Text(), nullable=True, comment="PEP 508 environment marker"),
        sa.Column("extra", sa.Text(), nullable=True, comment="the extra of the depending package that brings it in"),
        sa.Column(
            "extras",
            sa.Text(),
            nullable=True,
            comment="the extras that are asked of the dependency, sorted, with commas between them as in PEP 508",
        ),
        sa.Column(
            "marker_evaluation_result",
            sa.Boolean(),
            nullable=False,
            comment="whether the marker holds in the depending version's environment",
        ),
        sa.Column("stated_by_solver", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("stated_by_reverse_solver", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("octet_length(key_sha256) = 32", name=op.f("depends_on_key_sha256_check")),
        sa.CheckConstraint("stated_by_solver OR stated_by_reverse_solver", name=op.f("depends_on_stated_check")),
        sa.ForeignKeyConstraint(
            ["entity_id"],
            ["python_package_version_entity.id"],
            name=op.f("depends_on_entity_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["python_package_version.id"], name=op.f("depends_on_version_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("depends_on_pkey")),
        sa.UniqueConstraint("version_id", "entity_id", "key_sha256", name="depends_on_natural_key"),
    )
    op.create_index("depends_on_entity_id_idx", "depends_on", ["entity_id"], unique=False)
    op.create_table(
        "found_import_package",
        sa.Column("python_package_version_id", sa.BigInteger(), nullable=False),
        sa.Column("import_package_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_package_id"],
            ["import_package.id"],
            name=op.f("found_import_package_import_package_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["python_package_version_id"],
            ["python_package_version.id"],
            name=op.f("found_import_package_python_package_version_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "python_package_version_id", "import_package_id", name=op.f("found_import_package_pkey")
        ),
    )
    op.create_index(
        "found_import_package_import_package_id_idx", "found_import_package", ["import_package_id"], unique=False
    )
    op.create_table(
        "solved",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("ecosystem_solver_id", sa.BigInteger(), nullable=False),
        sa.Column("datetime", sa.DateTime(timezone=True), nullable=False, comment="when the document was made"),
        sa.Column("duration", sa.BigInteger(), nullable=True, comment="seconds"),
        sa.Column("error", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "error_unparseable",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="the requirement could not be parsed",
        ),
        sa.Column(
            "error_unsolvable",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="no index provides the version",
        ),
        sa.Column("is_provided", sa.Boolean(), nullable=True, comment="whether an index provides this version"),
        sa.CheckConstraint("NOT (error_unparseable AND error_unsolvable)", name=op.f("solved_error_kind_check")),
        sa.CheckConstraint("error OR NOT (error_unparseable OR error_unsolvable)", name=op.f("solved_error_check")),
        sa.ForeignKeyConstraint(
            ["ecosystem_solver_id"],
            ["ecosystem_solver.id"],
            name=op.f("solved_ecosystem_solver_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["python_package_version.id"], name=op.f("solved_version_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("solved_pkey")),
        sa.UniqueConstraint("document_id", "version_id", name=op.f("solved_document_id_version_id_key")),
    )
    op.create_index("solved_ecosystem_solver_id_idx", "solved", ["ecosystem_solver_id", "datetime"], unique=False)
    op.create_index("solved_version_id_idx", "solved", ["version_id", "datetime", "document_id"], unique=False)
    op.execute("INSERT INTO graph_identity DEFAULT VALUES")


def downgrade() -> None:
    op.drop_index("solved_version_id_idx", table_name="solved")
    op.drop_index("solved_ecosystem_solver_id_idx", table_name="solved")
    op.drop_table("solved")
    op.drop_index("found_import_package_import_package_id_idx", table_name="found_import_package")
    op.drop_table("found_import_package")
    op.drop_index("depends_on_entity_id_idx", table_name="depends_on")
    op.drop_table("depends_on")
    op.drop_index("python_package_version_name_idx", table_name="python_package_version")
    op.drop_index("python_package_version_metadata_idx", table_name="python_package_version")
    op.drop_index("python_package_version_license_idx", table_name="python_package_version")
    op.drop_index("python_package_version_index_idx", table_name="python_package_version")
    op.drop_index("python_package_version_environment_idx", table_name="python_package_version")
    op.drop_table("python_package_version")
    op.drop_index("has_artifact_python_artifact_id_idx", table_name="has_artifact")
    op.drop_table("has_artifact")
    op.drop_index("python_package_version_entity_index_idx", table_name="python_package_version_entity")
    op.drop_table("python_package_version_entity")
    op.drop_index("has_metadata_supported_platform_value_idx", table_name="has_metadata_supported_platform")
    op.drop_table("has_metadata_supported_platform")
    op.drop_index("has_metadata_requires_external_value_idx", table_name="has_metadata_requires_external")
    op.drop_table("has_metadata_requires_external")
    op.drop_index("has_metadata_provides_extra_value_idx", table_name="has_metadata_provides_extra")
    op.drop_table("has_metadata_provides_extra")
    op.drop_index("has_metadata_project_url_value_idx", table_name="has_metadata_project_url")
    op.drop_table("has_metadata_project_url")
    op.drop_index("has_metadata_platform_value_idx", table_name="has_metadata_platform")
    op.drop_table("has_metadata_platform")
    op.drop_index("has_metadata_distutils_value_idx", table_name="has_metadata_distutils")
    op.drop_table("has_metadata_distutils")
    op.drop_index("has_metadata_classifier_value_idx", table_name="has_metadata_classifier")
    op.drop_table("has_metadata_classifier")
    op.drop_index("synced_document_kind_idx", table_name="synced_document")
    op.drop_table("synced_document")
    op.drop_table("python_package_metadata_supported_platform")
    op.drop_table("python_package_metadata_requires_external")
    op.drop_table("python_package_metadata_provides_extra")
    op.drop_table("python_package_metadata_project_url")
    op.drop_table("python_package_metadata_platform")
    op.drop_table("python_package_metadata_distutils")
    op.drop_table("python_package_metadata_classifier")
    op.drop_table("python_package_metadata")
    op.drop_table("python_package_license")
    op.drop_table("python_package_index")
    op.drop_table("python_artifact")
    op.drop_index("package_change_xid_idx", table_name="package_change")
    op.drop_table("package_change")
    op.drop_table("import_package")
    op.drop_index("graph_identity_single_idx", table_name="graph_identity")
    op.drop_table("graph_identity")
    op.drop_index("ecosystem_solver_environment_idx", table_name="ecosystem_solver")
    op.drop_table("ecosystem_solver")
    op.execute("DROP TYPE document_kind")
    op.execute("DROP TYPE distutils_type")
