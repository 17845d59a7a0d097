-- 1. What happened, and how bad was it?
SELECT opened_at, severity, kind, array_length(tenants) AS tenants, culprits, substr(summary, 1, 52) AS begins
FROM incidents ORDER BY opened_at;

-- 2. What is not resolved?
SELECT substr(incident_id, 1, 8) AS incident, state, severity, tenants FROM incidents WHERE state <> 'resolved' ORDER BY incident_id;

-- 3. Who hurt whom, and with what?
SELECT culprit, victim, mechanism, findings, round(times_slower, 1) AS times_slower FROM noisy_neighbours
ORDER BY findings DESC, culprit, victim LIMIT 5;

-- 4. Which tenant had the most trouble, and how long did it last?
SELECT tenant, incidents, unresolved, round(minutes_to_open, 1) AS minutes_to_open, round(minutes_in_trouble, 1) AS minutes_in_trouble
FROM resilience ORDER BY incidents DESC, minutes_in_trouble DESC;

-- 5. Which checks were slowest at a moment, and what did the model expect of them?
SELECT tenant, attributes, round(actual, 2) AS actual, round(expected, 2) AS expected, unit, window_start FROM baselines_as_of('2026-11-22T10:42:00Z')
WHERE signal = 'lab.synthetic.check.duration' ORDER BY actual - expected DESC, tenant LIMIT 5;

-- 6. In which minute was most unusual?
SELECT date_trunc('minute', window_start) AS minute, count(*) AS findings FROM findings GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3;

-- 7. Which signals of a tenant were furthest from what was expected?
SELECT signal, unit, max(score) AS score, count(*) AS findings FROM findings WHERE tenant = 'delta'
GROUP BY signal, unit ORDER BY score DESC, findings DESC, signal LIMIT 5;

-- 8. What was known at a moment?
SELECT substr(incident_id, 1, 8) AS incident, revision, state FROM incidents_as_of('2026-11-22T10:34:00Z') ORDER BY opened_at;

-- 9. How did one incident develop?
SELECT revision, state, severity, array_length(tenants) AS tenants, updated_at FROM incident_events
WHERE incident_id = (SELECT incident_id FROM incidents ORDER BY opened_at LIMIT 1) ORDER BY revision;

-- 10. What did each tenant cost?
SELECT tenant, resource, cost, currency FROM cost_by_tenant ORDER BY resource, cost DESC, tenant;

-- 11. Is it the end of the month?
SELECT tenant, month, business_days_left, incidents, severe FROM month_end ORDER BY tenant;

-- 12. At which hours do findings of a tenant fall, in its own time?
SELECT season_of(window_start, 'Europe/Berlin') AS season, count(*) AS findings FROM findings WHERE tenant = 'acme' GROUP BY 1;
