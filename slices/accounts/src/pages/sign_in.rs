//! Signing in: password, second factor, providers, links; signing out; a merchant's registration.

use super::{is_for_the_form, origin};
use crate::model::Purpose;
use crate::oidc::{self, Journey, Providers};
use crate::people::Registration;
use crate::routes::set_session;
use crate::sign_in::SignIn;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ground::Problem;
use ground::problem::ErrorCode;
use kernel::Actor;
use maud::{Markup, html};
use serde::Deserialize;
use ui::View;
use ui::parts::{Field, FormErrors, Tone, alert, form_post, submit};
use ui::shell;
use web::{Context, Cx, Failure, Form, Path, Query, Redirect, Site, Visitor, cookies, is_local, redirect};

/// Keeps, for a short time, whose second factor is awaited.
const SECOND_COOKIE: &str = "ts_second";
/// Seconds in which the second factor must come.
const SECOND_SECONDS: i64 = 300;
/// Keeps what a browser must bring back from a provider.
const JOURNEY_COOKIE: &str = "ts_journey";
/// Seconds a journey to a provider may take.
const JOURNEY_SECONDS: i64 = 600;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

impl Next {
    fn path(&self) -> &str {
        if is_local(&self.next) && !self.next.starts_with("/sign-") { &self.next } else { "/" }
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

pub(crate) async fn show(
    Visitor(actor): Visitor,
    Cx(cx): Cx,
    Query(next): Query<Next>,
    Extension(providers): Extension<Providers>,
) -> Response {
    if actor.is_some_and(|actor| !actor.roles.is_empty()) {
        return redirect(next.path()).into_response();
    }
    sign_in_page(&cx, &providers, "", next.path(), &FormErrors::none()).into_response()
}

fn sign_in_page(cx: &View, providers: &Providers, login: &str, next: &str, errors: &FormErrors) -> Markup {
    let body = html! {
        (errors)
        (form_post(cx, "/sign-in", html! {
            input type="hidden" name="next" value=(next);
            (Field::text(cx, "login", cx.t("accounts-login")).value(login).required().autocomplete("username")
                .attribute("maxlength", "100").attribute("autocapitalize", "none").attribute("spellcheck", "false"))
            (Field::password(cx, "password", cx.t("accounts-password")).required().autocomplete("current-password"))
            (submit(&cx.t("accounts-sign-in"), None))
        }))
        @if providers.iter().next().is_some() {
            p class="ts-muted" { (cx.t("accounts-sign-in-or")) }
            @for provider in providers.iter() {
                p { a class="btn" href={ "/sign-in/with/" (provider.key) } { (cx.ta("accounts-sign-in-with", &[("name", provider.name.as_str().into())])) } }
            }
        }
        p class="ts-muted" { (cx.t("accounts-forgotten")) }
        p { a href="/merchant/join" { (cx.t("accounts-join-link")) } }
    };
    shell::sign_in(cx, &cx.t("accounts-sign-in"), body)
}

async fn entered(
    site: &Site,
    context: &Context,
    headers: &HeaderMap,
    given: &Credentials,
) -> Result<Response, Problem> {
    let next = Next { next: given.next.clone() };
    let done = crate::sign_in(site.kernel(), &given.login, &given.password, &origin(context, headers)).await?;
    Ok(finish(site, done, next.path()))
}

/// After a right password: the session, or the page of the second factor.
fn finish(site: &Site, done: SignIn, next: &str) -> Response {
    match done {
        SignIn::Done { token, seconds } => {
            (cookies::clear(site, SECOND_COOKIE), set_session(site, &token, seconds, next)).into_response()
        }
        SignIn::SecondFactor { user_id } => {
            let until = site.kernel().now().micros() / ground::time::SECOND_MICROS + SECOND_SECONDS;
            let kept = cookies::set_signed(site, SECOND_COOKIE, &format!("{user_id} {until} {next}"), SECOND_SECONDS);
            (kept, redirect("/sign-in/second-factor")).into_response()
        }
    }
}

pub(crate) async fn enter(
    State(site): State<Site>,
    context: Context,
    Cx(cx): Cx,
    headers: HeaderMap,
    Extension(providers): Extension<Providers>,
    Form(given): Form<Credentials>,
) -> Result<Response, Failure> {
    match entered(&site, &context, &headers, &given).await {
        Ok(answer) => Ok(answer),
        Err(problem) if is_for_the_form(&problem) => {
            let errors = FormErrors::of_problem(&cx, &problem);
            let next = Next { next: given.next };
            Ok(again(&problem, sign_in_page(&cx, &providers, &given.login, next.path(), &errors)))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The form again, with the status of what was wrong.
fn again(problem: &Problem, page: Markup) -> Response {
    (StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY), page).into_response()
}

/// Who must show a second factor, and where they go then; `None` when the time is over.
fn awaited(site: &Site, headers: &HeaderMap) -> Option<(String, String)> {
    let kept = cookies::read_signed(site, headers, SECOND_COOKIE)?;
    let mut parts = kept.splitn(3, ' ');
    let (user_id, until, next) = (parts.next()?, parts.next()?.parse::<i64>().ok()?, parts.next()?);
    let now = site.kernel().now().micros() / ground::time::SECOND_MICROS;
    (now < until).then(|| (user_id.to_owned(), next.to_owned()))
}

pub(crate) async fn second_show(State(site): State<Site>, Cx(cx): Cx, headers: HeaderMap) -> Response {
    match awaited(&site, &headers) {
        Some(_) => second_page(&cx, &FormErrors::none()).into_response(),
        None => redirect(shell::SIGN_IN_PATH).into_response(),
    }
}

fn second_page(cx: &View, errors: &FormErrors) -> Markup {
    let body = html! {
        (errors)
        p { (cx.t("accounts-second-lead")) }
        (form_post(cx, "/sign-in/second-factor", html! {
            (Field::text(cx, "code", cx.t("accounts-code")).required().hint(cx.t("accounts-code-hint"))
                .autocomplete("one-time-code").attribute("maxlength", "40").attribute("autofocus", ""))
            (submit(&cx.t("accounts-sign-in"), Some((cx.t("accounts-back").as_str(), shell::SIGN_IN_PATH))))
        }))
    };
    shell::sign_in(cx, &cx.t("accounts-second-factor"), body)
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Code {
    #[serde(default)]
    pub(crate) code: String,
}

pub(crate) async fn second_submit(
    State(site): State<Site>,
    context: Context,
    Cx(cx): Cx,
    headers: HeaderMap,
    Form(given): Form<Code>,
) -> Result<Response, Failure> {
    let Some((user_id, next)) = awaited(&site, &headers) else {
        return Ok(redirect(shell::SIGN_IN_PATH).into_response());
    };
    match crate::second_factor(site.kernel(), &user_id, &given.code, &origin(&context, &headers))
        .await
        .map_err(Problem::from)
    {
        Ok(done) => Ok(finish(&site, done, &next)),
        Err(problem) if is_for_the_form(&problem) => {
            Ok(again(&problem, second_page(&cx, &FormErrors::of_problem(&cx, &problem))))
        }
        Err(problem) => Err(problem.into()),
    }
}

pub(crate) async fn sign_out(State(site): State<Site>, Visitor(actor): Visitor) -> Result<Response, Failure> {
    if let Some(actor) = actor {
        crate::sign_out(site.kernel(), &actor).await?;
    }
    Ok((cookies::clear_session(&site), redirect(shell::SIGN_IN_PATH).good("accounts-signed-out", &[])).into_response())
}

pub(crate) async fn depart(
    State(site): State<Site>,
    Path(key): Path<String>,
    Query(next): Query<Next>,
    Extension(providers): Extension<Providers>,
) -> Result<Response, Failure> {
    send_away(&site, &providers, &key, next.path(), false).await
}

/// Sends the browser to a provider; what it must bring back stays in a signed cookie.
pub(crate) async fn send_away(
    site: &Site,
    providers: &Providers,
    key: &str,
    next: &str,
    link: bool,
) -> Result<Response, Failure> {
    let provider = providers.get(key)?;
    let base_url = &site.settings().base_url;
    let (address, journey) = oidc::depart(site.kernel(), site.outbound(), provider, base_url, next, link).await?;
    let kept = serde_json::to_string(&journey).map_err(Problem::internal)?;
    let cookie = cookies::set_signed(site, JOURNEY_COOKIE, &kept, JOURNEY_SECONDS);
    Ok((cookie, web::redirect_to_provider(&address)).into_response())
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Brought {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
}

pub(crate) async fn arrive(
    State(site): State<Site>,
    context: Context,
    Visitor(actor): Visitor,
    headers: HeaderMap,
    Path(key): Path<String>,
    Query(brought): Query<Brought>,
    Extension(providers): Extension<Providers>,
) -> Result<Response, Failure> {
    let kept = cookies::read_signed(&site, &headers, JOURNEY_COOKIE);
    let journey: Option<Journey> = kept.and_then(|text| serde_json::from_str(&text).ok());
    let (Some(journey), true) = (journey, brought.error.is_empty()) else {
        return Ok((cookies::clear(&site, JOURNEY_COOKIE), back(&crate::PROVIDER_REFUSED, false)).into_response());
    };
    let linking = journey.link;
    let answer = journey_ends(&site, &providers, &key, journey, &brought, actor, &origin(&context, &headers)).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(problem) if problem.code.status < 500 => {
            tracing::warn!(request = context.request_id, %problem, "a sign-in with a provider was refused");
            back(problem.code, linking).into_response()
        }
        Err(problem) => return Err(problem.into()),
    };
    Ok((cookies::clear(&site, JOURNEY_COOKIE), answer).into_response())
}

/// Back to where the journey began, with what went wrong.
fn back(code: &ErrorCode, linking: bool) -> Redirect {
    redirect(if linking { shell::ACCOUNT_PATH } else { shell::SIGN_IN_PATH }).bad(&code.message_id(), &[])
}

async fn journey_ends(
    site: &Site,
    providers: &Providers,
    key: &str,
    journey: Journey,
    brought: &Brought,
    actor: Option<Actor>,
    origin: &crate::model::Origin,
) -> Result<Response, Problem> {
    let provider = providers.get(key)?;
    let (linking, next) = (journey.link, journey.next.clone());
    let base_url = &site.settings().base_url;
    let (kernel, client) = (site.kernel(), site.outbound());
    let subject = oidc::arrive(kernel, client, provider, base_url, journey, &brought.state, &brought.code).await?;
    if linking {
        let actor = actor.ok_or_else(|| Problem::new(&ground::problem::SIGNED_OUT))?;
        oidc::link(kernel, &actor, key, &subject).await?;
        return Ok(redirect(shell::ACCOUNT_PATH).good("accounts-provider-linked", &[]).into_response());
    }
    let done = oidc::sign_in_as(kernel, key, &subject, origin).await?;
    Ok(finish(site, done, &next))
}

pub(crate) async fn link_show(
    State(site): State<Site>,
    Cx(cx): Cx,
    Path(token): Path<String>,
) -> Result<Markup, Failure> {
    let link = crate::look_at_link(site.kernel(), &token).await?;
    Ok(link_page(&cx, &token, &link, &FormErrors::none()))
}

fn link_page(cx: &View, token: &str, link: &crate::links::LinkShown, errors: &FormErrors) -> Markup {
    let action = format!("/link/{token}");
    let whose = cx.ta(
        "accounts-link-whose",
        &[("name", link.user.name.as_str().into()), ("login", link.user.login.as_str().into())],
    );
    let sets_password = link.purpose != Purpose::Demonstration;
    let title = cx.t(&format!("accounts-link-{}", link.purpose.name().replace('_', "-")));
    let body = html! {
        p { (whose) }
        (errors)
        (form_post(cx, &action, html! {
            @if sets_password {
                input type="hidden" name="username" autocomplete="username" value=(link.user.login);
                (Field::password(cx, "password", cx.t("accounts-password-new")).required().autocomplete("new-password")
                    .hint(cx.ta("accounts-password-hint", &[("least", (link.password_chars_min as i64).into())])).errors(errors))
                (Field::password(cx, "again", cx.t("accounts-password-again")).required().autocomplete("new-password").errors(errors))
            }
            (submit(&cx.t(if sets_password { "accounts-password-set" } else { "accounts-sign-in" }), None))
        }))
    };
    shell::sign_in(cx, &title, body)
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct NewPassword {
    password: Option<String>,
    again: Option<String>,
}

pub(crate) async fn link_submit(
    State(site): State<Site>,
    context: Context,
    Cx(cx): Cx,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(given): Form<NewPassword>,
) -> Result<Response, Failure> {
    let link = crate::look_at_link(site.kernel(), &token).await?;
    let used = if given.password != given.again {
        Err(Problem::invalid_field("again", "accounts-password-differs"))
    } else {
        let origin = origin(&context, &headers);
        crate::use_link(site.kernel(), &token, given.password.as_deref(), &origin).await.map_err(Problem::from)
    };
    match used {
        Ok(done) => Ok(finish(&site, done, "/")),
        Err(problem) if is_for_the_form(&problem) => {
            Ok(again(&problem, link_page(&cx, &token, &link, &FormErrors::of_problem(&cx, &problem))))
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Joining {
    #[serde(default)]
    company: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
    email: Option<String>,
    phone: Option<String>,
}

pub(crate) async fn join_show(Cx(cx): Cx) -> Markup {
    join_page(&cx, &Joining::default(), &FormErrors::none())
}

fn join_page(cx: &View, given: &Joining, errors: &FormErrors) -> Markup {
    let text = |name: &str, label: &str, value: &str| Field::text(cx, name, cx.t(label)).value(value).errors(errors);
    let body = html! {
        p { (cx.t("accounts-join-lead")) }
        (errors)
        (form_post(cx, "/merchant/join", html! {
            (text("company", "accounts-company", &given.company).required().autocomplete("organization").attribute("maxlength", "300"))
            (text("name", "accounts-person", &given.name).autocomplete("name").attribute("maxlength", "300"))
            (text("email", "accounts-email", given.email.as_deref().unwrap_or("")).autocomplete("email").attribute("maxlength", "254"))
            (text("phone", "accounts-phone", given.phone.as_deref().unwrap_or("")).autocomplete("tel").attribute("maxlength", "32"))
            (text("login", "accounts-login", &given.login).required().hint(cx.t("accounts-login-form")).autocomplete("username").attribute("maxlength", "64"))
            (Field::password(cx, "password", cx.t("accounts-password")).required().autocomplete("new-password").errors(errors))
            (Field::password(cx, "again", cx.t("accounts-password-again")).required().autocomplete("new-password").errors(errors))
            (submit(&cx.t("accounts-join"), Some((cx.t("accounts-sign-in").as_str(), shell::SIGN_IN_PATH))))
        }))
    };
    shell::sign_in(cx, &cx.t("accounts-join-title"), body)
}

pub(crate) async fn join_submit(
    State(site): State<Site>,
    context: Context,
    Cx(cx): Cx,
    headers: HeaderMap,
    Form(given): Form<Joining>,
) -> Result<Response, Failure> {
    let registered = if given.password != given.again {
        Err(Problem::invalid_field("again", "accounts-password-differs"))
    } else {
        let registration = Registration {
            login: given.login.clone(),
            password: given.password.clone(),
            company: given.company.clone(),
            name: given.name.clone(),
            email: given.email.clone(),
            phone: given.phone.clone(),
            language: context.language,
        };
        let origin = origin(&context, &headers);
        crate::register_merchant_user(site.kernel(), registration, &origin).await.map_err(Problem::from)
    };
    match registered {
        Ok((_, done)) => Ok(finish(&site, done, "/merchant/enrol")),
        Err(problem) if is_for_the_form(&problem) => {
            Ok(again(&problem, join_page(&cx, &given, &FormErrors::of_problem(&cx, &problem))))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Says, on the account page, that a second factor is still missing.
pub(crate) fn weak_alert(cx: &View, weak: bool) -> Markup {
    html! { @if weak { (alert(Tone::Waiting, "", html! { (cx.t("accounts-second-needed")) " " a href="/account/second-factor" { (cx.t("accounts-second-on")) } })) } }
}
