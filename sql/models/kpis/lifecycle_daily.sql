-- New (first active ever), returning (active now and the day before), resurrected (active before, not the day before) and churned users
-- (active the day before, not now); churn rate is churned over active the day before.
WITH first_day AS (
  SELECT person, min(day) AS first_day FROM {{ ref('active_days') }} GROUP BY person
), pair AS (
  SELECT coalesce(now.day, before.day + 1) AS day, coalesce(now.person, before.person) AS person,
    now.person IS NOT NULL AS is_now, before.person IS NOT NULL AS was_before
  FROM {{ ref('active_days') }} AS now
  FULL JOIN {{ ref('active_days') }} AS before ON before.person = now.person AND before.day = now.day - 1
)
SELECT day,
  count(*) FILTER (is_now AND day = first_day) AS new_users,
  count(*) FILTER (is_now AND was_before) AS returning_users,
  count(*) FILTER (is_now AND NOT was_before AND day > first_day) AS resurrected_users,
  count(*) FILTER (was_before AND NOT is_now) AS churned_users,
  churned_users / nullif(count(*) FILTER (was_before), 0) AS churn_rate
FROM pair JOIN first_day USING (person) GROUP BY day
