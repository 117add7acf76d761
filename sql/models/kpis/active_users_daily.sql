-- Daily, weekly (7 days) and monthly (30 days) active users, trailing, and stickiness, for every day up to the last active one.
WITH every_day AS (
  SELECT unnest(generate_series(min(day), max(day), INTERVAL 1 DAY))::DATE AS day FROM {{ ref('active_days') }}
)
SELECT every_day.day,
  count(DISTINCT person) FILTER (active.day = every_day.day) AS dau,
  count(DISTINCT person) FILTER (active.day > every_day.day - 7) AS wau,
  count(DISTINCT person) AS mau,
  dau / mau AS stickiness
FROM every_day JOIN {{ ref('active_days') }} AS active ON active.day BETWEEN every_day.day - 29 AND every_day.day
GROUP BY every_day.day
