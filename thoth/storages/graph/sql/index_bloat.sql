-- How large each B-tree index is, and how much of it is more than its entries need: an estimate from what ANALYZE found
-- out, without reading the index. Equal keys are stored once with a list of rows, which makes an index smaller than this
-- reckons with: then nothing is too much.
--
-- A page begins with 24 bytes of its own and ends with 16; an entry takes 4 bytes in the page's directory, a header of 8
-- bytes, 16 where some keys are NULL, and the keys up to the next multiple of 8; the first page is about the index.
-- https://www.postgresql.org/docs/current/btree.html
WITH keys AS (
    SELECT index.indexrelid,
           count(*) = count(statistics.attname) AS all_known,
           bool_or(statistics.null_frac > 0) AS some_null,
           sum((1 - statistics.null_frac) * statistics.avg_width) AS width
    FROM pg_index AS index
    JOIN pg_class AS class ON class.oid = index.indexrelid
    JOIN pg_class AS indexed ON indexed.oid = index.indrelid
    CROSS JOIN LATERAL unnest(index.indkey) WITH ORDINALITY AS key(column_number, place)
    LEFT JOIN pg_attribute AS attribute
           ON attribute.attrelid = CASE key.column_number WHEN 0 THEN index.indexrelid ELSE index.indrelid END
          AND attribute.attnum = CASE key.column_number WHEN 0 THEN key.place ELSE key.column_number END
    LEFT JOIN pg_stats AS statistics  -- of the column; of an expression they stand under the name of the index
           ON statistics.schemaname = indexed.relnamespace::regnamespace::name
          AND statistics.tablename = CASE key.column_number WHEN 0 THEN class.relname ELSE indexed.relname END
          AND statistics.attname = attribute.attname
          AND NOT statistics.inherited
    GROUP BY index.indexrelid
),
indexes AS (
    SELECT class.oid,
           class.relname,
           index.indrelid,
           class.relnamespace,
           pg_relation_size(class.oid)::numeric AS bytes,
           current_setting('block_size')::numeric AS page,
           class.reltuples::numeric AS entries,
           class.reltuples = 0 OR (class.reltuples > 0 AND keys.all_known) AS can_estimate,
           coalesce((SELECT option_value::numeric FROM pg_options_to_table(class.reloptions)
                     WHERE option_name = 'fillfactor'), 90) / 100 AS filled,
           4 + CASE WHEN keys.some_null THEN 16 ELSE 8 END + 8 * ceil(coalesce(keys.width, 0)::numeric / 8) AS entry_bytes
    FROM pg_class AS class
    JOIN pg_am AS method ON method.oid = class.relam AND method.amname = 'btree'
    JOIN pg_index AS index ON index.indexrelid = class.oid
    JOIN keys ON keys.indexrelid = class.oid
    WHERE class.relkind = 'i' AND class.relpersistence = 'p' AND class.relnamespace = current_schema()::regnamespace
),
expected AS (
    SELECT *,
           CASE WHEN can_estimate
                THEN least(bytes, page * (1 + ceil(entries / greatest(1, floor((page - 40) * filled / entry_bytes)))))
           END AS expected_bytes
    FROM indexes
)
SELECT current_database()::text AS database_name,
       expected.relnamespace::regnamespace::text AS schema_name,
       indexed.relname::text AS table_name,
       expected.relname::text AS index_name,
       coalesce(100 * (bytes - expected_bytes) / nullif(bytes, 0), expected_bytes)::float AS bloat_pct,
       ((bytes - expected_bytes) / 1048576)::float AS bloat_mb,
       (bytes / 1048576)::float AS index_mb,
       (pg_relation_size(indexed.oid) / 1048576.0)::float AS table_mb,
       coalesce(pg_stat_get_numscans(expected.oid), 0)::float AS index_scans
FROM expected
JOIN pg_class AS indexed ON indexed.oid = expected.indrelid
ORDER BY bytes - expected_bytes DESC NULLS LAST, index_name
