-- Cumulated revenue of the users first active on a day, by days since then, per user of the cohort and currency.
WITH first_day AS (
  SELECT person, min(day) AS cohort FROM {{ ref('active_days') }} GROUP BY person
), size AS (
  SELECT cohort, count(*) AS users FROM first_day GROUP BY cohort
), paid AS (
  SELECT cohort, currency, day - cohort AS n,
    sum(CASE WHEN event = 'Order Refunded' THEN -coalesce(revenue, 0) ELSE coalesce(revenue, 0) END::DECIMAL(38, 6)) AS revenue
  FROM {{ ref('user_events') }} JOIN first_day USING (person)
  WHERE type = 'track' AND event IN ('Order Completed', 'Order Refunded') AND day >= cohort GROUP BY ALL
)
SELECT cohort, currency, n, users, sum(revenue) OVER (PARTITION BY cohort, currency ORDER BY n) AS cumulated, cumulated / users AS ltv
FROM paid JOIN size USING (cohort)
