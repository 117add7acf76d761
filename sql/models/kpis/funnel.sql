-- Users by how many steps of the funnel they reached: each step after the one before, all within the window from the first. A user counts
-- once, by the first entry.
WITH RECURSIVE wanted AS (
  SELECT unnest(string_split('{{ var("funnel") }}', ',')) AS event, generate_subscripts(string_split('{{ var("funnel") }}', ','), 1) AS step
), taken AS (
  SELECT person, time, message_id, wanted.step
  FROM {{ ref('user_events') }} JOIN wanted USING (event) WHERE type = 'track' AND NOT is_bot AND person IS NOT NULL
), walk AS (
  SELECT person, 1 AS step, min(time) AS entered, min({'t': time, 'm': message_id}) AS at FROM taken WHERE step = 1 GROUP BY person
  UNION ALL
  SELECT walk.person, any_value(walk.step) + 1, any_value(entered), min({'t': taken.time, 'm': taken.message_id})
  FROM walk JOIN taken ON taken.person = walk.person AND taken.step = walk.step + 1
    AND {'t': taken.time, 'm': taken.message_id} > walk.at
    AND taken.time <= entered + to_days({{ var("funnel_days") }}::INT)
  GROUP BY walk.person
)
SELECT wanted.step, wanted.event, count(walk.person) AS users FROM wanted LEFT JOIN walk USING (step) GROUP BY ALL
