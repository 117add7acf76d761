-- One row per session of a device: it ends with a pause of more than 30 minutes, when another session id is stated, or after 24 hours;
-- events of servers and without a device are in none.
WITH step AS (
  SELECT *, coalesce(time - lag(time) OVER device > INTERVAL 30 MINUTE, true)
      OR coalesce(session_id <> lag(session_id) OVER device, false) AS begins
  FROM {{ ref('user_events') }} WHERE is_active AND anonymous_id IS NOT NULL AND key_kind = 'public'
  WINDOW device AS (PARTITION BY anonymous_id ORDER BY time, message_id)
), numbered AS (
  SELECT *, sum(begins::INT) OVER (PARTITION BY anonymous_id ORDER BY time, message_id ROWS UNBOUNDED PRECEDING) AS number FROM step
), bounded AS (
  SELECT *, min(time) OVER session AS start_time, row_number() OVER (session ORDER BY time, message_id) = 1 AS is_first
  FROM numbered WINDOW session AS (PARTITION BY anonymous_id, number)
)
SELECT anonymous_id, number, any_value(start_time) AS start_time, max(time) AS end_time, min(day) AS day,
  arg_min(person, {'t': time, 'm': message_id}) AS person,
  count(*) AS events, count(*) FILTER (type <> 'track') AS pages, events = 1 AND pages = 1 AS is_bounce,
  epoch_ms(max(time) FILTER (type <> 'track')) - epoch_ms(min(time) FILTER (type <> 'track')) AS page_ms,
  any_value(campaign_name) FILTER (is_first) AS campaign_name,
  any_value(campaign_source) FILTER (is_first) AS campaign_source,
  any_value(lower(regexp_extract(page_referrer, '^https?://([^/:?#]+)', 1))) FILTER (is_first) AS referrer_host,
  any_value(lower(regexp_extract(page_url, '^https?://([^/:?#]+)', 1))) FILTER (is_first) AS own_host
FROM bounded WHERE time < start_time + INTERVAL 24 HOUR GROUP BY anonymous_id, number
