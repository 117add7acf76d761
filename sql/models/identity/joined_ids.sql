-- Ids that aliases of server keys join, each with the one name of all that are joined.
WITH RECURSIVE joined AS (
  SELECT previous_id AS one, user_id AS other FROM {{ ref('events') }}
  WHERE type = 'alias' AND key_kind = 'server' AND previous_id <> '' AND user_id IS NOT NULL AND previous_id <> user_id
), pair AS (
  SELECT one, other FROM joined UNION SELECT other, one FROM joined
), reached (id, other) AS (
  SELECT one, one FROM pair UNION SELECT reached.id, pair.other FROM reached JOIN pair ON pair.one = reached.other
)
SELECT id, min(other) AS name FROM reached GROUP BY id
