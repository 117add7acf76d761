-- Revenue (refunds deducted), orders, average order value (refunds not deducted), ARPU and ARPPU by day and currency. Exact decimals;
-- quotients are doubles.
WITH money AS (
  SELECT *, coalesce(revenue, 0)::DECIMAL(38, 6) AS amount FROM {{ ref('user_events') }}
  WHERE type = 'track' AND event IN ('Order Completed', 'Order Refunded')
), summed AS (
  SELECT day, currency,
    sum(CASE WHEN event = 'Order Refunded' THEN -amount ELSE amount END) AS revenue,
    count(*) FILTER (event = 'Order Completed') AS orders,
    coalesce(sum(amount) FILTER (event = 'Order Completed'), 0) AS order_revenue,
    count(DISTINCT person) FILTER (event = 'Order Completed' AND NOT is_bot) AS paying_users
  FROM money GROUP BY day, currency
), active AS (
  SELECT day, count(*) AS active_users FROM {{ ref('active_days') }} GROUP BY day
)
SELECT day, currency, revenue, orders, order_revenue, order_revenue / nullif(orders, 0) AS aov, paying_users,
  revenue / nullif(paying_users, 0) AS arppu, coalesce(active_users, 0) AS active_users, revenue / nullif(active_users, 0) AS arpu
FROM summed LEFT JOIN active USING (day)
