//! The pages of people.

pub(crate) mod account;
pub(crate) mod console;
mod qr;
pub(crate) mod sign_in;

use crate::model::{Origin, UserState};
use axum::http::HeaderMap;
use ground::Problem;
use kernel::{Permission, Role};
use maud::Markup;
use ui::View;
use ui::parts::{Tone, status};
use web::Context;

/// Where a request comes from.
pub(crate) fn origin(context: &Context, headers: &HeaderMap) -> Origin {
    let agent = headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or("");
    Origin::new(context.address, agent)
}

/// Whether a problem is something to say in the form again, rather than a page of its own.
pub(crate) fn is_for_the_form(problem: &Problem) -> bool {
    matches!(problem.code.status, 422 | 429) || !problem.faults.is_empty()
}

pub(crate) fn role_name(cx: &View, role: Role) -> String {
    cx.t(&format!("accounts-role-{}", role.name()))
}

pub(crate) fn permission_name(cx: &View, permission: Permission) -> String {
    cx.t(&format!("accounts-permission-{}", permission.name().replace('_', "-")))
}

pub(crate) fn state_mark(cx: &View, state: UserState) -> Markup {
    let text = cx.t(&format!("accounts-state-{}", state.name()));
    match state {
        UserState::Active => status(Tone::Good, "circle-check", &text),
        UserState::Invited => status(Tone::Waiting, "hourglass", &text),
        UserState::Deactivated => status(Tone::Neutral, "ban", &text),
    }
}
