-- Of the users first active on a day, how many are active exactly n days later (retained), and on day n or later (unbounded).
WITH first_day AS (
  SELECT person, min(day) AS cohort, max(day) AS last_day FROM {{ ref('active_days') }} GROUP BY person
), size AS (
  SELECT cohort, count(*) AS users FROM first_day GROUP BY cohort
), days AS (
  SELECT unnest(generate_series(0, 90))::INT AS n
), counted AS (
  SELECT size.cohort, n, any_value(size.users) AS users,
    count(DISTINCT active.person) FILTER (active.day = size.cohort + n) AS retained,
    count(DISTINCT active.person) FILTER (last_day >= size.cohort + n) AS unbounded
  FROM size CROSS JOIN days
  JOIN first_day ON first_day.cohort = size.cohort
  JOIN {{ ref('active_days') }} AS active ON active.person = first_day.person
  WHERE size.cohort + n <= (SELECT max(day) FROM {{ ref('active_days') }})
  GROUP BY size.cohort, n
)
SELECT *, retained / users AS rate FROM counted
