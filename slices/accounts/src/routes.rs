//! The routes of people.

use crate::api;
use crate::oidc::Providers;
use crate::pages::{account, console, sign_in};
use axum::Extension;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use kernel::Permission;
use web::{Access, Routes, Site};

/// The routes without single sign-on.
pub fn routes() -> Routes {
    routes_with(Providers::default())
}

/// Sets the session cookie of a finished sign-in and goes to a page.
pub fn set_session(site: &Site, token: &str, seconds: i64, next: &str) -> Response {
    (web::cookies::set_session(site, token, seconds), web::redirect(next)).into_response()
}

/// The routes with these sign-in providers.
pub fn routes_with(providers: Providers) -> Routes {
    const READ: Access = Access::Needs(&[Permission::AccountsRead]);
    const MANAGE: Access = Access::Needs(&[Permission::AccountsManage]);
    let know = |methods: MethodRouter<Site>| methods.layer(Extension(providers.clone()));
    let own = Routes::new()
        .page(Access::Public, "/sign-in", know(get(sign_in::show).post(sign_in::enter)))
        .page(Access::Public, "/sign-in/second-factor", get(sign_in::second_show).post(sign_in::second_submit))
        .page(Access::Public, "/sign-in/with/{key}", know(get(sign_in::depart)))
        .page(Access::Public, "/sign-in/with/{key}/return", know(get(sign_in::arrive)))
        .page(Access::Public, "/sign-out", post(sign_in::sign_out))
        .page(Access::Public, "/link/{token}", get(sign_in::link_show).post(sign_in::link_submit))
        .page(Access::Public, "/merchant/join", get(sign_in::join_show).post(sign_in::join_submit))
        .page(Access::SignedIn, "/account", know(get(account::show)))
        .page(Access::SignedIn, "/account/profile", know(post(account::profile)))
        .page(Access::SignedIn, "/account/password", know(post(account::password)))
        .page(Access::SignedIn, "/account/second-factor", get(account::second_show).post(account::second_confirm))
        .page(Access::SignedIn, "/account/second-factor/remove", post(account::second_remove))
        .page(Access::SignedIn, "/account/sessions/end", post(account::end_sessions))
        .page(Access::SignedIn, "/account/tokens", know(post(account::create_token)))
        .page(Access::SignedIn, "/account/tokens/{id}/revoke", post(account::revoke_token))
        .page(Access::SignedIn, "/account/providers/{key}/link", know(get(account::link_provider)))
        .page(Access::SignedIn, "/account/providers/{key}/unlink", post(account::unlink_provider));
    let console = Routes::new()
        .page(READ, "/console/accounts", get(console::list))
        .page(READ, "/console/accounts/audit", get(console::audit))
        .page(MANAGE, "/console/accounts/new", get(console::new_show).post(console::new_submit))
        .page(READ, "/console/accounts/{id}", get(console::show))
        .page(MANAGE, "/console/accounts/{id}/roles", post(console::roles))
        .page(MANAGE, "/console/accounts/{id}/deactivate", post(console::deactivate))
        .page(MANAGE, "/console/accounts/{id}/activate", post(console::activate))
        .page(MANAGE, "/console/accounts/{id}/sessions/end", post(console::end_sessions))
        .page(MANAGE, "/console/accounts/{id}/link", post(console::link))
        .page(MANAGE, "/console/accounts/{id}/second-factor/reset", post(console::reset_second_factor))
        .page(MANAGE, "/console/accounts/{id}/tokens/{token}/revoke", post(console::revoke_token));
    Routes::new()
        .merge(own)
        .merge(console)
        .api(Access::SignedIn, utoipa_axum::routes!(api::me))
        .api(Access::SignedIn, utoipa_axum::routes!(api::tokens, api::create_token))
        .api(Access::SignedIn, utoipa_axum::routes!(api::revoke_token))
        .api(READ, utoipa_axum::routes!(api::list))
        .api(MANAGE, utoipa_axum::routes!(api::invite))
        .api(READ, utoipa_axum::routes!(api::show))
        .api(MANAGE, utoipa_axum::routes!(api::set_roles))
        .api(MANAGE, utoipa_axum::routes!(api::deactivate))
        .api(MANAGE, utoipa_axum::routes!(api::activate))
        .api(MANAGE, utoipa_axum::routes!(api::link))
        .api(MANAGE, utoipa_axum::routes!(api::end_sessions))
        .api(READ, utoipa_axum::routes!(api::sign_ins))
}
