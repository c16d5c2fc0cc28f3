-- How large each table is, and how large it would be if its rows lay close together: an estimate from what ANALYZE
-- found out, without reading the table. Large values that are stored outside of their row (TOAST) are left out.
--
-- A page begins with 24 bytes of its own; a row takes 4 bytes in the page's directory, a header of 23 bytes with one bit
-- for each column where some are NULL, and the values, each of the two up to the next multiple of 8.
-- https://www.postgresql.org/docs/current/storage-page-layout.html
WITH columns AS (
    SELECT attribute.attrelid,
           count(*) AS columns,
           count(*) = count(statistics.attname) AS all_known,
           bool_or(statistics.null_frac > 0) AS some_null,
           sum((1 - statistics.null_frac) * statistics.avg_width) AS width
    FROM pg_attribute AS attribute
    JOIN pg_class AS class ON class.oid = attribute.attrelid
    LEFT JOIN pg_stats AS statistics
           ON statistics.schemaname = class.relnamespace::regnamespace::name
          AND statistics.tablename = class.relname
          AND statistics.attname = attribute.attname
          AND NOT statistics.inherited
    WHERE attribute.attnum > 0 AND NOT attribute.attisdropped
    GROUP BY attribute.attrelid
),
tables AS (
    SELECT class.oid,
           class.relnamespace,
           class.relname,
           class.reltuples,
           pg_relation_size(class.oid)::numeric AS bytes,
           current_setting('block_size')::numeric AS page,
           coalesce((SELECT option_value::numeric FROM pg_options_to_table(class.reloptions)
                     WHERE option_name = 'fillfactor'), 100) / 100 AS filled,
           pg_relation_size(class.oid) = 0 OR class.reltuples = 0 OR (class.reltuples > 0 AND columns.all_known)
             AS can_estimate,
           4 + 8 * ceil((23 + CASE WHEN columns.some_null THEN ceil(columns.columns / 8.0) ELSE 0 END) / 8)
             + 8 * ceil(coalesce(columns.width, 0)::numeric / 8) AS row_bytes
    FROM pg_class AS class
    JOIN columns ON columns.attrelid = class.oid
    WHERE class.relkind = 'r' AND class.relpersistence = 'p' AND class.relnamespace = current_schema()::regnamespace
),
expected AS (
    SELECT *,
           CASE WHEN can_estimate
                THEN least(bytes, page * ceil(greatest(0, reltuples::numeric)
                                              / greatest(1, floor((page - 24) * filled / row_bytes))))
           END AS expected_bytes
    FROM tables
)
SELECT current_database()::text AS databasename,
       relnamespace::regnamespace::text AS schemaname,
       relname::text AS tablename,
       can_estimate,
       bytes::float AS table_bytes,
       (bytes / 1048576)::float AS table_mb,
       expected_bytes::float AS expected_bytes,
       (expected_bytes / 1048576)::float AS expected_mb,
       coalesce(100 * (bytes - expected_bytes) / nullif(bytes, 0), expected_bytes)::float AS pct_bloat,
       ((bytes - expected_bytes) / 1048576)::float AS mb_bloat,
       reltuples::float AS est_rows
FROM expected
ORDER BY bytes - expected_bytes DESC NULLS LAST, tablename
