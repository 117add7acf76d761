-- Each user once for each local day on which they were active.
SELECT DISTINCT day, person FROM {{ ref('user_events') }} WHERE is_active AND person IS NOT NULL
