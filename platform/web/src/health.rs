//! Whether the process lives, and whether it can work.

use crate::access::Access;
use crate::failure::Failure;
use crate::routes::Routes;
use crate::site::Site;
use crate::store;
use axum::extract::State;
use axum::routing::get;

pub(crate) fn routes() -> Routes {
    Routes::new().page(Access::Public, "/health/live", get(live)).page(Access::Public, "/health/ready", get(ready))
}

async fn live() -> &'static str {
    "ok\n"
}

/// Answers when the store does; `unavailable` otherwise, so that a balancer sends nobody here.
async fn ready(State(site): State<Site>) -> Result<&'static str, Failure> {
    store::ping(site.kernel()).await?;
    Ok("ok\n")
}
