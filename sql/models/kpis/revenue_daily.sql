-- Revenue (refunds deducted), orders, average order value (refunds not deducted), ARPU and ARPPU by day and currency. Exact decimals;
-- quotients are doubles.
WITH money AS (
  SELECT *, coalesce(revenue, 0)::DECIMAL(38, 6) AS amount FROM {{ ref('user_events') }}
  WHERE type = 'track' AND event IN ('Order Completed', 'Order Refunded')
), active AS (
  SELECT day, count(*) AS active_users FROM {{ ref('active_days') }} GROUP BY day
)
SELECT day, currency,
  sum(CASE WHEN event = 'Order Refunded' THEN -amount ELSE amount END) AS revenue,
  count(*) FILTER (event = 'Order Completed') AS orders,
  sum(amount) FILTER (event = 'Order Completed') AS order_revenue,
  order_revenue / nullif(orders, 0) AS aov,
  coalesce(any_value(active_users), 0) AS active_users,
  revenue / nullif(active_users, 0) AS arpu,
  count(DISTINCT person) FILTER (event = 'Order Completed' AND NOT is_bot) AS paying_users,
  revenue / nullif(paying_users, 0) AS arppu
FROM money LEFT JOIN active USING (day) GROUP BY day, currency
