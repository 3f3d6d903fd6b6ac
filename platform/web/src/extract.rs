//! Extractors for everything but bodies.

use crate::body::from_pairs;
use crate::context::Context;
use crate::failure::Failure;
use crate::site::Site;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use ground::problem::SIGNED_OUT;
use ground::{Fault, Problem};
use kernel::{Actor, Paging, Sort};
use serde::de::DeserializeOwned;
use ui::View;

fn context(parts: &Parts) -> Result<Context, Failure> {
    parts
        .extensions
        .get::<Context>()
        .cloned()
        .ok_or_else(|| Problem::internal("a handler runs outside web::Routes::into_router").into())
}

impl<S: Send + Sync> FromRequestParts<S> for Context {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        context(parts)
    }
}

/// Whoever asks; `None` when nobody is signed in.
#[derive(Debug, Clone)]
pub struct Visitor(pub Option<Actor>);

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        Ok(Visitor(context(parts)?.actor))
    }
}

/// The signed-in person or token.
#[derive(Debug, Clone)]
pub struct Signed(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Signed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        context(parts)?.actor.map(Signed).ok_or_else(|| Problem::new(&SIGNED_OUT).into())
    }
}

/// The view a page is rendered with.
#[derive(Debug, Clone)]
pub struct Cx(pub View);

impl FromRequestParts<Site> for Cx {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Failure> {
        Ok(Cx(context(parts)?.view(site).await))
    }
}

/// The query string. Fields may repeat; an empty value is none at all, as a filter form sends it for what was not chosen;
/// `lang` is left out.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let mut given = url::form_urlencoded::Serializer::new(String::new());
        let pairs = url::form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes());
        given.extend_pairs(pairs.filter(|(_, value)| !value.is_empty()));
        Ok(Query(from_pairs(given.finish().as_bytes())?))
    }
}

/// Page, rows and order of a list: `?page=2&rows=100&sort=-name`.
#[derive(Debug, Clone)]
pub struct PagingQuery(pub Paging);

impl<S: Send + Sync> FromRequestParts<S> for PagingQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        Ok(PagingQuery(paging(parts.uri.query().unwrap_or(""))?))
    }
}

fn paging(query: &str) -> kernel::Result<Paging> {
    let mut faults = Vec::new();
    let (mut page, mut rows, mut sort) = (1, ground::limits::PAGE_ROWS_DEFAULT, None);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty()) {
        match name.as_ref() {
            "page" | "rows" => match value.parse::<u64>() {
                Ok(number) if number >= 1 && name == "page" => page = number,
                Ok(number) if number >= 1 => rows = number,
                _ => faults.push(Fault::field(name.into_owned(), "web-whole-number")),
            },
            "sort" => {
                let by = value.strip_prefix('-').unwrap_or(&value).to_owned();
                sort = Some(Sort { descending: value.starts_with('-'), by: by.chars().take(60).collect() });
            }
            _ => {}
        }
    }
    Problem::check(faults)?;
    Ok(Paging { sort, ..Paging::new(page, rows) })
}

/// Parts of the path. What does not fit finds nothing.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = <axum::extract::Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        read.map(|path| Path(path.0)).map_err(|rejection: PathRejection| Problem::not_found().because(rejection).into())
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Signed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Failure> {
        Ok(context(parts)?.actor.map(Signed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_asked_for_by_page_rows_and_order() {
        let asked = paging("page=3&rows=9999&sort=-name&lang=en").unwrap();
        assert_eq!((asked.page, asked.rows), (3, ground::limits::PAGE_ROWS_MAX));
        assert_eq!(asked.sort, Some(Sort { by: "name".into(), descending: true }));
        assert_eq!(paging("").unwrap(), Paging::default());
        for bad in ["page=0", "rows=-1", "page=x"] {
            assert_eq!(paging(bad).unwrap_err().code.code, "invalid_input", "{bad}");
        }
    }
}
