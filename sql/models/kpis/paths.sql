-- What follows what within a session: event names, or pages by their path; repeats of the same are folded.
WITH step AS (
  SELECT anonymous_id, time, message_id, coalesce(event, page_path, name, type) AS place
  FROM {{ ref('user_events') }} WHERE is_active AND anonymous_id IS NOT NULL AND key_kind = 'public'
), placed AS (
  SELECT step.*, number, lag(place) OVER (PARTITION BY anonymous_id, number ORDER BY step.time, step.message_id) AS before
  FROM step JOIN {{ ref('sessions') }} AS sessions USING (anonymous_id)
  WHERE step.time BETWEEN sessions.start_time AND sessions.end_time
), folded AS (
  SELECT *, lead(place) OVER (PARTITION BY anonymous_id, number ORDER BY time, message_id) AS after
  FROM placed WHERE place IS DISTINCT FROM before
)
SELECT place, after, count(*) AS times FROM folded GROUP BY place, after
