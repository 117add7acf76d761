-- By experiment and variation: exposed users (by their first Experiment Viewed; users who saw two variations are left out) and how many
-- converted afterwards.
WITH exposure AS (
  SELECT properties->>'$.experiment_id' AS experiment, person, min(time) AS time,
    min(properties->>'$.variation_id') AS variation, count(DISTINCT properties->>'$.variation_id') AS variations
  FROM {{ ref('user_events') }}
  WHERE type = 'track' AND event = 'Experiment Viewed' AND NOT is_bot AND person IS NOT NULL GROUP BY ALL
), conversion AS (
  SELECT person, max(time) AS last_time FROM {{ ref('user_events') }}
  WHERE type = 'track' AND event = '{{ var("conversion") }}' AND NOT is_bot GROUP BY person
)
SELECT experiment, variation, count(*) AS users, count(*) FILTER (last_time > time) AS converted, converted / users AS rate
FROM exposure LEFT JOIN conversion USING (person) WHERE variations = 1 GROUP BY experiment, variation
