//! Routes with their access. A slice declares them, the application joins them and makes the router.

use crate::access::{Access, RouteRow};
use crate::context::Context;
use crate::failure::Failure;
use crate::site::Site;
use crate::{assets, gate, health, openapi, webhooks};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use ground::Problem;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// The routes of a slice, or of the whole product. Every way to add one asks for its [`Access`].
pub struct Routes {
    router: OpenApiRouter<Site>,
    table: Vec<RouteRow>,
}

impl Default for Routes {
    fn default() -> Self {
        Routes { router: OpenApiRouter::with_openapi(openapi::document()), table: Vec::new() }
    }
}

impl Routes {
    /// No routes yet.
    pub fn new() -> Self {
        Routes { router: OpenApiRouter::default(), table: Vec::new() }
    }

    /// JSON routes that describe themselves: `.api(Access::Needs(&[…]), utoipa_axum::routes!(list, create))`. All handlers
    /// of one call have the same path.
    #[must_use]
    pub fn api(mut self, access: Access, routes: UtoipaMethodRouter<Site>) -> Self {
        let (schemas, paths, methods) = routes;
        for (path, item) in &paths.paths {
            let declared = [
                ("GET", &item.get),
                ("PUT", &item.put),
                ("POST", &item.post),
                ("DELETE", &item.delete),
                ("PATCH", &item.patch),
                ("HEAD", &item.head),
                ("OPTIONS", &item.options),
            ];
            for (method, _) in declared.into_iter().filter(|(_, operation)| operation.is_some()) {
                self.table.push(RouteRow { method: method.to_owned(), path: path.clone(), access });
            }
        }
        self.router = self.router.routes((schemas, paths, guarded(access, methods)));
        self
    }

    /// A page or form: `.page(Access::SignedIn, "/account", get(show).post(save))`.
    #[must_use]
    pub fn page(mut self, access: Access, path: &str, methods: MethodRouter<Site>) -> Self {
        for method in declared_methods(&methods) {
            self.table.push(RouteRow { method, path: path.to_owned(), access });
        }
        self.router = self.router.route(path, guarded(access, methods));
        self
    }

    /// These routes and others. Panics, like axum, when two claim the same method and path: found by any test that builds
    /// the router.
    #[must_use]
    pub fn merge(mut self, other: Routes) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }

    /// The route × access table.
    pub fn table(&self) -> &[RouteRow] {
        &self.table
    }

    /// The OpenAPI 3.1 document of all JSON routes.
    pub fn openapi(&self) -> utoipa::openapi::OpenApi {
        let mut described = openapi::document();
        described.merge(self.router.to_openapi_clone());
        openapi::complete(described, &self.table)
    }

    /// The routes of the web layer itself: health, assets, API documentation, webhooks.
    pub fn of_web() -> Routes {
        health::routes().merge(assets::routes()).merge(openapi::routes()).merge(webhooks::routes())
    }

    /// Only the rows of [`Routes::of_web`], to be merged where the whole table is wanted: [`Routes::into_router`] adds the
    /// routes themselves.
    pub fn of_web_table() -> Routes {
        Routes { table: Routes::of_web().table, ..Routes::new() }
    }

    /// The router, behind the gate: sessions, CSRF, limits, errors, headers. Adds [`Routes::of_web`].
    pub fn into_router(self, site: Site) -> Router {
        let all = self.merge(Routes::of_web());
        let described = openapi::Served::new(all.openapi());
        let (router, _) = all.router.split_for_parts();
        router
            .layer(axum::Extension(described))
            .layer(from_fn_with_state(site.clone(), gate::pass))
            .layer(tower_http::compression::CompressionLayer::new())
            .with_state(site)
    }
}

trait Described {
    fn to_openapi_clone(&self) -> utoipa::openapi::OpenApi;
}

impl Described for OpenApiRouter<Site> {
    fn to_openapi_clone(&self) -> utoipa::openapi::OpenApi {
        self.get_openapi().clone()
    }
}

fn guarded(access: Access, methods: MethodRouter<Site>) -> MethodRouter<Site> {
    methods.route_layer(from_fn(move |request: Request, next: Next| enforce(access, request, next)))
}

async fn enforce(access: Access, request: Request, next: Next) -> Response {
    let Some(context) = request.extensions().get::<Context>() else {
        return Failure::from(Problem::internal("a route runs outside web::Routes::into_router")).into_response();
    };
    match access.check(context.actor.as_ref()) {
        Ok(()) => next.run(request).await,
        Err(problem) => Failure::from(problem).into_response(),
    }
}

/// The methods a method router answers. axum tells them only in its debug form, as the `Allow` header it would send; the
/// test below holds that form.
fn declared_methods(methods: &MethodRouter<Site>) -> Vec<String> {
    let text = format!("{methods:?}");
    let allow = text
        .rsplit_once("allow_header: Bytes(b\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("", |(allow, _)| allow);
    if allow.is_empty() {
        return vec!["*".to_owned()];
    }
    allow.split(',').map(str::trim).filter(|method| *method != "HEAD").map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::{any, get, post};

    #[test]
    fn the_methods_of_a_page_are_known() {
        assert_eq!(declared_methods(&get(|| async {}).post(|| async {})), ["GET", "POST"]);
        assert_eq!(declared_methods(&post(|| async {})), ["POST"]);
        assert_eq!(declared_methods(&any(|| async {})), ["*"]);
    }

    #[test]
    fn every_route_of_the_web_layer_stands_in_the_table() {
        let routes = Routes::of_web();
        let described = routes.openapi();
        for path in described.paths.paths.keys() {
            assert!(routes.table().iter().any(|row| row.path == *path), "{path}");
        }
        assert!(routes.table().iter().any(|row| row.path == "/health/live" && row.access == Access::Public));
    }
}
