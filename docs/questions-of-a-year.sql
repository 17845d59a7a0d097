-- 1. How many windows are there of each tenant?
SELECT tenant, count(*) AS windows FROM windows GROUP BY tenant ORDER BY tenant;

-- 2. How slow was each tenant, on average and at its worst?
SELECT tenant, avg(actual) AS mean, max(actual) AS worst FROM windows GROUP BY tenant ORDER BY mean DESC, tenant;

-- 3. In how many windows of each month was a tenant beyond what is usual for it?
SELECT tenant, date_trunc('month', window_start) AS month, count(*) AS beyond FROM windows
WHERE actual > upper GROUP BY tenant, month ORDER BY tenant, month;

-- 4. Which were the worst ten minutes of the year?
SELECT tenant, window_start, actual, upper FROM windows ORDER BY actual - upper DESC, tenant, window_start LIMIT 10;

-- 5. How did one tenant do in one week, hour by hour?
SELECT date_trunc('hour', window_start) AS hour, avg(actual) AS mean, avg(expected) AS expected FROM windows
WHERE tenant = 'tenant-017' AND window_start >= TIMESTAMPTZ '2026-06-01T00:00:00Z' AND window_start < TIMESTAMPTZ '2026-06-08T00:00:00Z'
GROUP BY hour ORDER BY hour;

-- 6. What did the model expect of one tenant on the evening of a month end?
SELECT window_start, expected, lower, upper, season FROM windows
WHERE tenant = 'tenant-031' AND window_start >= TIMESTAMPTZ '2026-11-30T20:00:00Z' AND window_start < TIMESTAMPTZ '2026-11-30T22:00:00Z'
ORDER BY window_start;

-- 7. What is a day like, hour by hour, for the whole fleet?
SELECT extract(hour FROM window_start) AS hour, avg(actual) AS mean FROM windows GROUP BY hour ORDER BY hour;

-- 8. How much slower are last days of months than others?
SELECT season, avg(actual) AS mean, count(*) AS windows FROM windows GROUP BY season ORDER BY season;

-- 9. In which minutes did most tenants suffer at once?
SELECT window_start, count(*) AS tenants FROM windows WHERE actual > upper
GROUP BY window_start ORDER BY tenants DESC, window_start LIMIT 10;

-- 10. What was the 99th percentile of each tenant in November?
SELECT tenant, percentile_cont(0.99) WITHIN GROUP (ORDER BY actual) AS p99 FROM windows
WHERE window_start >= TIMESTAMPTZ '2026-11-01T00:00:00Z' AND window_start < TIMESTAMPTZ '2026-12-01T00:00:00Z'
GROUP BY tenant ORDER BY tenant;

-- 11. Which tenants became slower from October to November?
WITH monthly AS (
  SELECT tenant, date_trunc('month', window_start) AS month, avg(actual) AS mean FROM windows
  WHERE window_start >= TIMESTAMPTZ '2026-10-01T00:00:00Z' AND window_start < TIMESTAMPTZ '2026-12-01T00:00:00Z'
  GROUP BY tenant, month)
SELECT a.tenant, a.mean AS october, b.mean AS november FROM monthly a JOIN monthly b ON a.tenant = b.tenant
WHERE a.month < b.month AND b.mean > 1.001 * a.mean ORDER BY b.mean / a.mean DESC, a.tenant;

-- 12. How long was the longest stretch of each tenant beyond what is usual, in December?
WITH marked AS (
  SELECT tenant, window_start, CASE WHEN actual > upper THEN 0 ELSE 1 END AS fine FROM windows
  WHERE window_start >= TIMESTAMPTZ '2026-12-01T00:00:00Z'),
stretches AS (
  SELECT tenant, fine, sum(fine) OVER (PARTITION BY tenant ORDER BY window_start ROWS UNBOUNDED PRECEDING) AS stretch FROM marked),
lengths AS (
  SELECT tenant, count(*) AS minutes FROM stretches WHERE fine = 0 GROUP BY tenant, stretch)
SELECT tenant, max(minutes) AS longest FROM lengths GROUP BY tenant ORDER BY longest DESC, tenant LIMIT 20;
