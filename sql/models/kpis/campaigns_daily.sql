-- Impressions, clicks, click-through rate, cost per click and return on ad spend by campaign, day and currency. A campaign is the event's
-- property campaign, else its name; costs are events Campaign Cost {cost, currency, campaign}; revenue goes to the last touch. Flagged bots
-- are left out. Costs that were uploaded are no events: GET /v1/costs lists them.
WITH told AS (
  SELECT day, coalesce(properties->>'$.campaign', properties->>'$.name', campaign_name) AS campaign, event,
    CASE WHEN event = 'Campaign Cost' THEN currency END AS currency, TRY_CAST(properties->>'$.cost' AS DECIMAL(18, 6)) AS cost
  FROM {{ ref('events') }} WHERE type = 'track' AND NOT is_bot
), counted AS (
  SELECT day, campaign,
    count(*) FILTER (event IN ('Promotion Viewed', 'Ad Impression')) AS impressions,
    count(*) FILTER (event IN ('Promotion Clicked', 'Ad Clicked')) AS clicks
  FROM told GROUP BY ALL
), spent AS (
  SELECT day, campaign, currency, sum(cost) AS cost FROM told WHERE event = 'Campaign Cost' GROUP BY ALL
), earned AS (
  SELECT day, last_campaign AS campaign, currency, sum(revenue) AS revenue FROM {{ ref('attribution') }} GROUP BY ALL
)
SELECT day, campaign, currency, coalesce(impressions, 0) AS impressions, coalesce(clicks, 0) AS clicks,
  clicks / nullif(impressions, 0) AS ctr, cost, cost / nullif(clicks, 0) AS cpc, revenue / nullif(cost, 0) AS roas
FROM counted FULL JOIN spent USING (day, campaign) LEFT JOIN earned USING (day, campaign, currency)
WHERE coalesce(impressions, 0) + coalesce(clicks, 0) > 0 OR cost IS NOT NULL
