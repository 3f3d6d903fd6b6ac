//! What is known about one request: made once by the gate, read by the extractors and by the renderer of errors.

use crate::cookies;
use crate::csrf;
use crate::flash::StoredFlash;
use crate::site::{SignedSession, Site};
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use ground::Language;
use kernel::{Actor, Role};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use ui::{Area, Flash, Theme, View, Viewer};

/// What is known about one request.
#[derive(Clone)]
pub struct Context {
    /// Number of the request, for the log and for a person to quote.
    pub request_id: String,
    /// Path.
    pub path: String,
    /// Query without `?`.
    pub query: String,
    /// The language the answer is in.
    pub language: Language,
    /// Whether `?lang=` chose it just now.
    pub(crate) language_chosen: bool,
    /// Where the request comes from.
    pub address: IpAddr,
    /// Who asks.
    pub actor: Option<Actor>,
    /// Their session, when they came by cookie.
    pub(crate) session: Option<SignedSession>,
    /// A session cookie came that is no longer in force.
    pub(crate) session_dead: bool,
    /// Mark of a browser that is not signed in.
    pub(crate) visit: Option<String>,
    pub(crate) theme: Theme,
    pub(crate) flash: Vec<StoredFlash>,
    pub(crate) shown: Arc<Shown>,
}

/// What the page used up, told to the renderer of the answer.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) flash: AtomicBool,
    pub(crate) visit: std::sync::Mutex<Option<String>>,
}

impl Context {
    /// What can be known without asking the store.
    pub(crate) fn plain(site: &Site, parts: &Parts) -> Context {
        let headers = &parts.headers;
        let query = parts.uri.query().unwrap_or("").to_owned();
        let asked = url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == "lang")
            .and_then(|(_, tag)| Language::from_tag(&tag));
        let kept = || cookies::read(headers, cookies::LANGUAGE).and_then(|tag| Language::from_tag(&tag));
        let preferred =
            || headers.get("accept-language").and_then(|value| value.to_str().ok()).and_then(Language::negotiate);
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        let theme = match cookies::read(headers, cookies::THEME).as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::Device,
        };
        Context {
            request_id: site.kernel().new_id(),
            path: parts.uri.path().to_owned(),
            query,
            language: asked.or_else(kept).or_else(preferred).unwrap_or_default(),
            language_chosen: asked.is_some(),
            address: site.client_address(peer, headers),
            actor: None,
            session: None,
            session_dead: false,
            visit: cookies::read(headers, cookies::VISIT).filter(|visit| csrf::is_visit(visit)),
            theme,
            flash: crate::flash::read(site, headers),
            shown: Arc::default(),
        }
    }

    /// Whether the answer is for a program: an address under `/v1`.
    pub fn is_api(&self) -> bool {
        self.path == "/v1" || self.path.starts_with("/v1/")
    }

    /// The view for a page: texts, reader, navigation, messages. Uses up the messages.
    pub async fn view(&self, site: &Site) -> View {
        let mut view = View::new(Arc::clone(site.catalogs()), self.language, &self.path, site.kernel().now());
        view.query.clone_from(&self.query);
        view.csrf = self.csrf_token(site);
        view.theme = self.theme;
        view.demonstration = site.settings().demonstration;
        view.zone = self.session.as_ref().map_or_else(|| site.kernel().zone().clone(), |session| session.zone.clone());
        view.viewer = self.actor.as_ref().map(|actor| Viewer {
            id: actor.id.clone(),
            name: actor.name.clone(),
            roles: actor.roles.iter().map(|role| role.name().to_owned()).collect(),
            area: area_of(actor),
            organisation: self.session.as_ref().and_then(|session| session.organisation_name.clone()),
        });
        view.nav = site.nav().entries(site.kernel(), self.actor.as_ref()).await;
        view.flash = self.flash.iter().map(|stored| self.shown_flash(&view, stored)).collect();
        if !self.flash.is_empty() {
            self.shown.flash.store(true, Ordering::Relaxed);
        }
        view
    }

    fn shown_flash(&self, view: &View, stored: &StoredFlash) -> Flash {
        let args: Vec<_> = stored.args.iter().map(|(name, value)| (name.as_str(), value.as_str().into())).collect();
        Flash { tone: stored.tone(), text: view.ta(&stored.message, &args) }
    }

    /// A fresh mark for the forms of this page. Another one each time, so that compression reveals nothing about it.
    pub(crate) fn csrf_token(&self, site: &Site) -> String {
        match &self.session {
            Some(session) => csrf::token(site, &csrf::session_key(session)),
            None => {
                let visit = self.visit.clone().unwrap_or_else(|| {
                    let mut made = self.shown.visit.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    made.get_or_insert_with(|| csrf::new_visit(site)).clone()
                });
                csrf::token(site, &csrf::visit_key(site, &visit))
            }
        }
    }
}

/// The place of the product where this person works.
pub fn area_of(actor: &Actor) -> Area {
    if actor.roles.iter().any(|role| role.is_staff()) {
        Area::Console
    } else if actor.roles.contains(&Role::Merchant) {
        Area::Merchant
    } else {
        Area::Partner
    }
}
