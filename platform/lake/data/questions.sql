-- Questions that are asked of DataFusion and of DuckDB over the same files; the rows must be equal.
-- A line that begins with two dashes and `name:` begins one. Each orders its rows completely.

-- name: count_all
SELECT count(*) AS n, count(lot) AS with_lot, count(DISTINCT merchant) AS merchants, count(DISTINCT product) AS products FROM signals

-- name: count_by_kind
SELECT kind, count(*) AS n, sum(quantity) AS units, sum(amount_minor) AS money FROM signals GROUP BY kind ORDER BY kind

-- name: revenue_by_day
SELECT day, count(*) AS orders, sum(amount_minor) AS revenue, min("at") AS first, max("at") AS last
FROM signals WHERE kind = 'order' GROUP BY day ORDER BY day

-- name: one_product_in_a_week
SELECT day, kind, count(*) AS n FROM signals
WHERE merchant = 'm03' AND product = 'sku-00003' AND day BETWEEN DATE '2026-10-05' AND DATE '2026-10-11'
GROUP BY day, kind ORDER BY day, kind

-- name: hours_of_the_day
SELECT CAST(date_part('hour', "at") AS INTEGER) AS hour, count(*) AS n FROM signals WHERE kind = 'order' GROUP BY 1 ORDER BY 1

-- name: weekdays
SELECT CAST(date_part('dow', day) AS INTEGER) AS weekday, count(*) AS n, avg(amount_minor) AS mean FROM signals GROUP BY 1 ORDER BY 1

-- name: weeks
SELECT CAST(date_trunc('week', day) AS DATE) AS week, sum(quantity) AS units FROM signals WHERE kind IN ('order', 'return') GROUP BY 1 ORDER BY 1

-- name: months
SELECT CAST(date_part('year', day) AS INTEGER) AS year, CAST(date_part('month', day) AS INTEGER) AS month, count(*) AS n
FROM signals GROUP BY 1, 2 ORDER BY 1, 2

-- name: top_products
SELECT merchant, product, sum(amount_minor) AS revenue FROM signals WHERE kind = 'order'
GROUP BY merchant, product ORDER BY revenue DESC, merchant, product LIMIT 25

-- name: complaint_rate
SELECT merchant, product,
       count(*) FILTER (WHERE kind = 'complaint') AS complaints,
       count(*) FILTER (WHERE kind = 'delivery') AS deliveries,
       CAST(count(*) FILTER (WHERE kind = 'complaint') AS DOUBLE) / count(*) FILTER (WHERE kind = 'delivery') AS rate
FROM signals GROUP BY merchant, product
HAVING count(*) FILTER (WHERE kind = 'delivery') > 20
ORDER BY rate DESC, merchant, product LIMIT 30

-- name: ratings_shape
SELECT rating, count(*) AS n, avg(CASE WHEN verified THEN 1.0 ELSE 0.0 END) AS verified_share
FROM signals WHERE kind = 'review' GROUP BY rating ORDER BY rating NULLS LAST

-- name: nulls_last
SELECT reason, count(*) AS n FROM signals WHERE kind = 'complaint' GROUP BY reason ORDER BY reason ASC NULLS LAST

-- name: nulls_first
SELECT DISTINCT place FROM signals ORDER BY place DESC NULLS FIRST LIMIT 10

-- name: coalesce_and_nullif
SELECT coalesce(reason, 'none') AS reason, count(nullif(quantity, 1)) AS more_than_one, count(*) AS n
FROM signals GROUP BY 1 ORDER BY 1

-- name: medians
SELECT kind, median(CAST(amount_minor AS DOUBLE)) AS median, stddev_samp(amount_minor) AS deviation, var_pop(quantity) AS variance
FROM signals GROUP BY kind ORDER BY kind

-- name: quantiles
SELECT merchant, round(percentile_cont(0.9) WITHIN GROUP (ORDER BY CAST(amount_minor AS DOUBLE)), 0) AS p90
FROM signals WHERE kind = 'order' GROUP BY merchant ORDER BY merchant

-- name: correlation
SELECT corr(amount_minor, quantity) AS r, covar_samp(amount_minor, quantity) AS c FROM signals WHERE kind = 'order'

-- name: row_numbers
SELECT merchant, product, revenue, place FROM (
  SELECT merchant, product, revenue, row_number() OVER (PARTITION BY merchant ORDER BY revenue DESC, product) AS place
  FROM (SELECT merchant, product, sum(amount_minor) AS revenue FROM signals WHERE kind = 'order' GROUP BY merchant, product) t) u
WHERE place <= 3 ORDER BY merchant, place

-- name: ranks
SELECT product, n, rank() OVER (ORDER BY n DESC) AS r, dense_rank() OVER (ORDER BY n DESC) AS d, ntile(4) OVER (ORDER BY n DESC, product) AS quarter
FROM (SELECT product, count(*) AS n FROM signals WHERE kind = 'return' GROUP BY product) t ORDER BY r, product LIMIT 60

-- name: lag_and_lead
SELECT day, n, n - lag(n) OVER (ORDER BY day) AS more, lead(n, 2) OVER (ORDER BY day) AS in_two_days
FROM (SELECT day, count(*) AS n FROM signals WHERE kind = 'order' GROUP BY day) t ORDER BY day

-- name: moving_sums
SELECT day, sum(n) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week,
       avg(n) OVER (ORDER BY day ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING) AS around,
       first_value(n) OVER (ORDER BY day) AS first
FROM (SELECT day, count(*) AS n FROM signals GROUP BY day) t ORDER BY day

-- name: shares
SELECT kind, n, CAST(n AS DOUBLE) / sum(n) OVER () AS share, percent_rank() OVER (ORDER BY n) AS pr, cume_dist() OVER (ORDER BY n) AS cd
FROM (SELECT kind, count(*) AS n FROM signals GROUP BY kind) t ORDER BY kind

-- name: join_days_and_signals
SELECT d.product, sum(d.orders) AS orders, max(s.n) AS signals
FROM days d JOIN (SELECT merchant, product, count(*) AS n FROM signals WHERE kind = 'order' GROUP BY merchant, product) s
  ON d.merchant = s.merchant AND d.product = s.product
WHERE d.key_kind = 'product' GROUP BY d.product ORDER BY d.product

-- name: left_join_missing
SELECT o.product, o.n AS orders, r.n AS returns
FROM (SELECT product, count(*) AS n FROM signals WHERE kind = 'order' GROUP BY product) o
LEFT JOIN (SELECT product, count(*) AS n FROM signals WHERE kind = 'return' AND quantity > 2 GROUP BY product) r ON o.product = r.product
ORDER BY o.product

-- name: full_join
SELECT coalesce(a.day, b.day) AS day, a.n AS scans, b.n AS views
FROM (SELECT day, count(*) AS n FROM signals WHERE kind = 'scan' GROUP BY day HAVING count(*) % 2 = 0) a
FULL OUTER JOIN (SELECT day, count(*) AS n FROM signals WHERE kind = 'view' GROUP BY day HAVING count(*) % 3 = 0) b ON a.day = b.day
ORDER BY 1

-- name: orders_with_their_returns
SELECT o.merchant, count(*) AS returned, sum(r.amount_minor) AS refunded
FROM signals o JOIN signals r ON o.order_id = r.order_id AND r.kind = 'return'
WHERE o.kind = 'order' GROUP BY o.merchant ORDER BY o.merchant

-- name: exists
SELECT merchant, count(*) AS complained FROM signals o
WHERE kind = 'order' AND day < DATE '2026-10-20'
  AND EXISTS (SELECT 1 FROM signals c WHERE c.kind = 'complaint' AND c.order_id = o.order_id AND c.day >= o.day)
GROUP BY merchant ORDER BY merchant

-- name: anti_join
SELECT merchant, count(*) AS quiet FROM (SELECT DISTINCT merchant, product FROM signals) p
WHERE NOT EXISTS (SELECT 1 FROM signals c WHERE c.kind = 'complaint' AND c.merchant = p.merchant AND c.product = p.product)
GROUP BY merchant ORDER BY merchant

-- name: in_subquery
SELECT kind, count(*) AS n FROM signals
WHERE product IN (SELECT product FROM signals WHERE kind = 'complaint' AND reason = 'safety') GROUP BY kind ORDER BY kind

-- name: scalar_subquery
SELECT day, sum(amount_minor) AS revenue FROM signals WHERE kind = 'order'
GROUP BY day HAVING sum(amount_minor) > (SELECT avg(t) FROM (SELECT sum(amount_minor) AS t FROM signals WHERE kind = 'order' GROUP BY day) x)
ORDER BY day

-- name: nested_with
WITH orders AS (SELECT merchant, product, day, sum(quantity) AS units FROM signals WHERE kind = 'order' GROUP BY 1, 2, 3),
     best AS (SELECT merchant, product, max(units) AS units FROM orders GROUP BY 1, 2),
     days_of AS (SELECT o.merchant, o.product, min(o.day) AS day, b.units FROM orders o
                 JOIN best b ON o.merchant = b.merchant AND o.product = b.product AND o.units = b.units GROUP BY 1, 2, 4)
SELECT * FROM days_of ORDER BY units DESC, merchant, product LIMIT 40

-- name: unions
SELECT 'order' AS what, count(*) AS n FROM signals WHERE kind = 'order'
UNION ALL SELECT 'return', count(*) FROM signals WHERE kind = 'return'
UNION SELECT 'return', count(*) FROM signals WHERE kind = 'return'
ORDER BY what, n

-- name: intersect_and_except
SELECT product FROM signals WHERE kind = 'complaint'
INTERSECT SELECT product FROM signals WHERE kind = 'return'
EXCEPT SELECT product FROM signals WHERE kind = 'review' AND rating = 1 AND verified
ORDER BY product

-- name: grouping_sets
SELECT merchant, kind, count(*) AS n FROM signals WHERE merchant IN ('m01', 'm02') GROUP BY ROLLUP (merchant, kind)
ORDER BY merchant NULLS LAST, kind NULLS LAST

-- name: cube
SELECT kind, rating, count(*) AS n FROM signals WHERE kind IN ('review', 'return') GROUP BY CUBE (kind, rating) ORDER BY kind NULLS LAST, rating NULLS LAST, n

-- name: strings
SELECT upper(merchant) AS u, length(product) AS l, substr(product, 5, 3) AS part, split_part(product, '-', 2) AS number,
       replace(product, 'sku', '货号') AS zh, merchant || '/' || product AS key, strpos(product, '0') AS place
FROM (SELECT DISTINCT merchant, product FROM signals) t ORDER BY merchant, product LIMIT 50

-- name: like_and_regular_expressions
SELECT count(*) FILTER (WHERE product LIKE 'sku-000_1%') AS a, count(*) FILTER (WHERE reason LIKE '%色%') AS b,
       count(*) FILTER (WHERE product ~ '.*[13]$') AS c, count(DISTINCT regexp_replace(product, '[0-9]+$', '')) AS d
FROM signals

-- name: string_lists
SELECT merchant, string_agg(kind, ',' ORDER BY kind) AS kinds FROM (SELECT DISTINCT merchant, kind FROM signals) t
GROUP BY merchant ORDER BY merchant

-- name: chinese_text
SELECT reason, length(reason) AS l, count(*) AS n FROM signals WHERE reason IN ('色差', '尺码不符') GROUP BY 1, 2 ORDER BY 1

-- name: decimals
SELECT kind, sum(CAST(amount_minor AS DECIMAL(18, 2))) AS total, max(CAST(quantity AS DECIMAL(9, 1)) * CAST(1.25 AS DECIMAL(4, 2))) AS most
FROM signals GROUP BY kind ORDER BY kind

-- name: rounding
SELECT merchant, round(avg(amount_minor), 2) AS mean, floor(avg(quantity)) AS low, ceil(avg(quantity)) AS high, abs(min(amount_minor) - 1) AS a
FROM signals GROUP BY merchant ORDER BY merchant

-- name: dates
SELECT day, CAST(day + INTERVAL '7 days' AS DATE) AS next, CAST(day - INTERVAL '1 month' AS DATE) AS before
FROM (SELECT DISTINCT day FROM signals) t ORDER BY day

-- name: moments
SELECT CAST(date_trunc('hour', "at") AS TIMESTAMPTZ) AS hour, count(*) AS n FROM signals
WHERE "at" >= TIMESTAMPTZ '2026-10-03 06:00:00+08:00' AND "at" < TIMESTAMPTZ '2026-10-03 12:00:00+08:00' GROUP BY 1 ORDER BY 1

-- name: cases
SELECT CASE WHEN amount_minor < 1000 THEN 'small' WHEN amount_minor < 10000 THEN 'middle' ELSE 'large' END AS size,
       count(*) AS n, greatest(min(quantity), 1) AS g, least(max(quantity), 5) AS l
FROM signals WHERE kind = 'order' GROUP BY 1 ORDER BY 1

-- name: distinct_buyers
SELECT merchant, count(DISTINCT buyer) AS buyers, count(buyer) AS known, count(*) AS n FROM signals WHERE kind = 'order' GROUP BY merchant ORDER BY merchant

-- name: heavy_buyers
SELECT buyer, count(*) AS n, sum(amount_minor) AS money FROM signals WHERE kind = 'order' AND buyer IS NOT NULL
GROUP BY buyer HAVING count(*) >= 5 ORDER BY n DESC, money DESC, buyer LIMIT 40

-- name: young_accounts
SELECT buyer_age_days < 7 AS young, count(*) AS n, avg(weight_grams) AS grams FROM signals WHERE kind IN ('order', 'shipment') GROUP BY 1 ORDER BY 1 NULLS LAST

-- name: sorted_page
SELECT id, "at", merchant, product, amount_minor FROM signals WHERE kind = 'order' ORDER BY amount_minor DESC, "at", id LIMIT 100 OFFSET 50

-- name: day_rows
SELECT day, sum(orders) AS orders, sum(complaints) AS complaints, sum(revenue_minor) AS revenue FROM days WHERE key_kind = 'merchant' GROUP BY day ORDER BY day

-- name: late_corrections
SELECT CAST(date_part('epoch', closed_in) AS BIGINT) - CAST(date_part('epoch', day) AS BIGINT) AS late, count(*) AS rows FROM days GROUP BY 1 ORDER BY 1
