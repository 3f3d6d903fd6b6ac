//! A question of the kind `x IN (SELECT …)` asks whether a key occurs, not how often.
//!
//! The engine makes a semi join of it, and goes through every repetition of a key on the other side for each row that has it:
//! with a thousand complaints about a product, each of its signals is compared a thousand times. Here the other side is
//! reduced to its distinct keys first.

use datafusion::common::tree_node::Transformed;
use datafusion::common::{DataFusionError, JoinType};
use datafusion::logical_expr::{Expr, Join, LogicalPlan, LogicalPlanBuilder};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};
use std::sync::Arc;

/// The other side of a semi or anti join is reduced to its distinct keys.
#[derive(Debug, Default)]
pub(crate) struct DistinctKeys;

impl OptimizerRule for DistinctKeys {
    fn name(&self) -> &str {
        "distinct_keys_of_semi_join"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>, DataFusionError> {
        let LogicalPlan::Join(join) = plan else { return Ok(Transformed::no(plan)) };
        let Some(keys) = keys_to_reduce(&join) else { return Ok(Transformed::no(LogicalPlan::Join(join))) };
        let distinct =
            LogicalPlanBuilder::from(join.right.as_ref().clone()).aggregate(keys, Vec::<Expr>::new())?.build()?;
        Ok(Transformed::yes(LogicalPlan::Join(Join { right: Arc::new(distinct), ..join })))
    }
}

/// The keys, where the join looks at nothing else of its other side and that side may repeat them.
fn keys_to_reduce(join: &Join) -> Option<Vec<Expr>> {
    let asks_whether = matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti);
    if !asks_whether || join.filter.is_some() || join.on.is_empty() || is_grouped(&join.right) {
        return None;
    }
    let mut keys: Vec<Expr> = Vec::new();
    for (_, key) in &join.on {
        match key {
            Expr::Column(_) if !keys.contains(key) => keys.push(key.clone()),
            Expr::Column(_) => {}
            _ => return None,
        }
    }
    Some(keys)
}

/// Whether a plan gives groups: they repeat seldom, or not at all.
fn is_grouped(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_) => true,
        LogicalPlan::SubqueryAlias(alias) => is_grouped(&alias.input),
        LogicalPlan::Projection(projection) => is_grouped(&projection.input),
        _ => false,
    }
}
