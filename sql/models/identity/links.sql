-- The earliest link of each anonymous id to a user id, by (time, message id).
SELECT anonymous_id, arg_min(user_id, {'t': epoch_ms(time), 'm': message_id, 'u': user_id}) AS user_id, min(time) AS time
FROM {{ ref('events') }}
WHERE user_id IS NOT NULL AND anonymous_id IS NOT NULL
  AND (type = 'identify' OR (type = 'alias' AND key_kind = 'public' AND previous_id = anonymous_id))
GROUP BY anonymous_id
