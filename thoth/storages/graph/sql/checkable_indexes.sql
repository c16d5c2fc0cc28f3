-- The B-tree indexes whose order amcheck can verify, and the schema that extension is in: NULL where it is not installed.
SELECT (SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'amcheck') AS amcheck,
       class.oid AS index_id,
       class.relname::text AS index_name
FROM pg_class AS class
JOIN pg_am AS method ON method.oid = class.relam AND method.amname = 'btree'
JOIN pg_index AS index ON index.indexrelid = class.oid
WHERE class.relkind = 'i'
  AND class.relpersistence = 'p'
  AND class.relnamespace = current_schema()::regnamespace
  AND index.indisready
  AND index.indisvalid
ORDER BY class.relname
