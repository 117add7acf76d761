-- Events, page views, orders, impressions, clicks and click-through rate by day; flagged bots included.
SELECT day, count(*) AS events,
  count(*) FILTER (type = 'page') AS page_views,
  count(*) FILTER (type = 'track' AND event = 'Order Completed') AS orders,
  count(*) FILTER (type = 'track' AND event IN ('Promotion Viewed', 'Ad Impression')) AS impressions,
  count(*) FILTER (type = 'track' AND event IN ('Promotion Clicked', 'Ad Clicked')) AS clicks,
  clicks / nullif(impressions, 0) AS ctr
FROM {{ ref('events') }} GROUP BY day
