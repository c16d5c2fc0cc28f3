-- How large each table is, and how many rows it has by what ANALYZE or VACUUM found out, with the pages there are by now:
-- as the planner reckons. Before either looked, what the server counted since it was told of the first row.
SELECT class.relname::text AS table_name,
       CASE
           WHEN pages.number = 0 THEN 0
           WHEN class.reltuples > 0 AND class.relpages > 0
               THEN round(class.reltuples::numeric / class.relpages * pages.number)
           WHEN counted.n_live_tup > 0 THEN counted.n_live_tup
           WHEN class.reltuples = 0 THEN 0
       END::bigint AS estimated_rows,
       pg_table_size(class.oid) AS table_bytes,
       pg_indexes_size(class.oid) AS index_bytes
FROM pg_class AS class
CROSS JOIN LATERAL (
    SELECT pg_relation_size(class.oid) / current_setting('block_size')::integer AS number
) AS pages
LEFT JOIN pg_stat_all_tables AS counted ON counted.relid = class.oid
WHERE class.relkind = 'r'
  AND class.relname = ANY (CAST(:tables AS text[]))
  AND pg_table_is_visible(class.oid)
ORDER BY pg_total_relation_size(class.oid) DESC, class.relname::text COLLATE "C"
