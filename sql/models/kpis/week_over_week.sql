-- Events and daily users beside those of seven days before: difference and ratio.
SELECT now.day, now.events, before.events AS events_before, now.events - events_before AS events_difference,
  now.events / nullif(events_before, 0) AS events_ratio, users.dau, users_before.dau AS dau_before, users.dau / nullif(dau_before, 0) AS dau_ratio
FROM {{ ref('counts_daily') }} AS now
LEFT JOIN {{ ref('counts_daily') }} AS before ON before.day = now.day - 7
LEFT JOIN {{ ref('active_users_daily') }} AS users ON users.day = now.day
LEFT JOIN {{ ref('active_users_daily') }} AS users_before ON users_before.day = now.day - 7
