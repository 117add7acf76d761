-- Sessions by the day of their start: number, mean duration (s), pages per session, bounce rate, time on page (s; last pages left out).
SELECT day, count(*) AS sessions, avg(epoch_ms(end_time) - epoch_ms(start_time)) / 1000 AS duration_s,
  sum(pages) / count(*) AS pages_per_session, count(*) FILTER (is_bounce) / count(*) AS bounce_rate,
  sum(page_ms) / nullif(sum(greatest(pages - 1, 0)), 0) / 1000 AS time_on_page_s
FROM {{ ref('sessions') }} GROUP BY day
