-- Each conversion with its first and its last touch of the 30 days before: a touch is the start of a session with a campaign or with the
-- referrer of another host. Its campaign is the campaign's name, else its source, else the referrer.
WITH touch AS (
  SELECT person, start_time, coalesce(campaign_name, campaign_source, referrer_host) AS campaign FROM {{ ref('sessions') }}
  WHERE coalesce(campaign_name, campaign_source) IS NOT NULL
    OR (coalesce(referrer_host, '') <> '' AND referrer_host IS DISTINCT FROM own_host)
), conversion AS (
  SELECT message_id, key_kind, person, time, day, currency, coalesce(revenue, 0)::DECIMAL(38, 6) AS revenue
  FROM {{ ref('user_events') }} WHERE type = 'track' AND event = '{{ var("conversion") }}' AND NOT is_bot
)
SELECT conversion.message_id, conversion.key_kind, any_value(conversion.person) AS person, any_value(time) AS time, any_value(day) AS day,
  any_value(currency) AS currency, any_value(revenue) AS revenue,
  arg_min(campaign, start_time) AS first_campaign, arg_max(campaign, start_time) AS last_campaign
FROM conversion LEFT JOIN touch
  ON touch.person = conversion.person AND start_time <= time AND start_time >= time - INTERVAL 30 DAY
GROUP BY conversion.message_id, conversion.key_kind
