//! Questions to begin with. Their words are in the catalogs (`insight-example-<name>`), their text is here.

/// A question to begin with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Example {
    /// Message id of its words.
    pub(crate) message: &'static str,
    /// Its text.
    pub(crate) sql: &'static str,
    /// How its answer is best drawn, and over which columns.
    pub(crate) drawn: (&'static str, &'static str, &'static str),
}

/// All of them.
pub(crate) const ALL: [Example; 7] = [
    Example {
        message: "insight-example-orders-a-day",
        sql: "SELECT day, count(*) AS orders, sum(amount_minor) / 100.0 AS revenue\nFROM signals\nWHERE kind = 'order'\nGROUP BY day\nORDER BY day",
        drawn: ("line", "day", "orders"),
    },
    Example {
        message: "insight-example-complaint-rate",
        sql: "SELECT merchant, product,\n       sum(deliveries) AS delivered,\n       sum(complaints) AS complaints,\n       round(100.0 * sum(complaints) / sum(deliveries), 2) AS percent\nFROM days\nWHERE key_kind = 'product'\nGROUP BY merchant, product\nHAVING sum(deliveries) >= 20\nORDER BY percent DESC NULLS LAST\nLIMIT 20",
        drawn: ("bar", "product", "percent"),
    },
    Example {
        message: "insight-example-reasons",
        sql: "SELECT coalesce(reason, '-') AS reason, count(*) AS complaints\nFROM signals\nWHERE kind = 'complaint'\nGROUP BY 1\nORDER BY 2 DESC\nLIMIT 20",
        drawn: ("bar", "reason", "complaints"),
    },
    Example {
        message: "insight-example-returns-price",
        sql: "SELECT product,\n       median(amount_minor) FILTER (WHERE kind = 'order' AND quantity = 1) / 100.0 AS price,\n       round(100.0 * count(*) FILTER (WHERE kind = 'return') / count(*) FILTER (WHERE kind = 'order'), 2) AS returned_percent\nFROM signals\nGROUP BY product\nHAVING count(*) FILTER (WHERE kind = 'order') >= 20",
        drawn: ("scatter", "price", "returned_percent"),
    },
    Example {
        message: "insight-example-hours",
        sql: "SELECT date_part('hour', at) AS hour, count(*) AS orders\nFROM signals\nWHERE kind = 'order'\nGROUP BY 1\nORDER BY 1",
        drawn: ("bar", "hour", "orders"),
    },
    Example {
        message: "insight-example-growth",
        sql: "WITH weekly AS (\n  SELECT merchant, date_trunc('week', day) AS week, sum(orders) AS orders\n  FROM days WHERE key_kind = 'merchant'\n  GROUP BY 1, 2)\nSELECT merchant, week, orders,\n       orders - lag(orders) OVER (PARTITION BY merchant ORDER BY week) AS more\nFROM weekly\nORDER BY week DESC, orders DESC\nLIMIT 100",
        drawn: ("", "", ""),
    },
    Example {
        message: "insight-example-alerts",
        sql: "SELECT a.category, a.family, count(*) AS alerts,\n       count(*) FILTER (WHERE a.ending = 'true') AS came_true\nFROM alerts a\nGROUP BY 1, 2\nORDER BY 3 DESC",
        drawn: ("bar", "family", "alerts"),
    },
];
