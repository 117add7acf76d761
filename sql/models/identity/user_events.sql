-- Every event with its user: the user id, else the one that the anonymous id was linked to before the end of the day plus 30 days, else
-- the anonymous id; ids that aliases join are one user.
WITH named AS (
  SELECT events.*, coalesce(events.user_id,
      CASE WHEN links.time < timezone('{{ var("timezone") }}', (events.day + 31)::TIMESTAMP) AT TIME ZONE 'UTC' THEN links.user_id END,
      events.anonymous_id) AS id
  FROM {{ ref('events') }} AS events LEFT JOIN {{ ref('links') }} AS links USING (anonymous_id)
)
SELECT named.* EXCLUDE (id), coalesce(joined_ids.name, named.id) AS person
FROM named LEFT JOIN {{ ref('joined_ids') }} AS joined_ids USING (id)
