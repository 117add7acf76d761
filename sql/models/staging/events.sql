-- Every stored event once, of one project; a missing currency is the project's default, local_time and day are those of the time zone.
SELECT * REPLACE (coalesce(currency, '{{ var("currency") }}') AS currency),
  timezone('{{ var("timezone") }}', make_timestamp(epoch_ms(time) * 1000) AT TIME ZONE 'UTC') AS local_time,
  local_time::DATE AS day,
  type IN ('track', 'page', 'screen') AND NOT is_bot AS is_active
FROM read_parquet('{{ var("lake") }}/events/project={{ var("project") }}/*/*/*.parquet', union_by_name = true,
  hive_partitioning = true, hive_types = {'project': VARCHAR, 'dt': DATE, 'hour': BIGINT})
