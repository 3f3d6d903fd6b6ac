//! What people see and change about themselves.

use super::sign_in::{Code, send_away, weak_alert};
use super::{is_for_the_form, permission_name, role_name};
use crate::api::scopes;
use crate::model::{Session, Token, User};
use crate::oidc::{self, Providers};
use crate::profile::{Profile, own_providers, recovery_codes_left};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::{Language, Problem};
use kernel::{Actor, ActorKind, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use ui::View;
use ui::parts::{
    Choice, Column, Field, FormErrors, PageHeader, Row, Table, Tone, alert, badge, card, confirm, copyable, empty,
    facts, form_post, status, submit,
};
use ui::shell;
use web::{Cx, Failure, Form, Path, Redirect, Signed, Site, redirect_with_flash};

const HOME: &str = shell::ACCOUNT_PATH;
/// Zones offered; others may be typed through the API of the browser's own settings.
const ZONES: [&str; 9] = [
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "UTC",
];

/// Everything the page shows.
struct Shown {
    user: User,
    weak: bool,
    sessions: Vec<Session>,
    present: String,
    tokens: Vec<Token>,
    held: Vec<Permission>,
    linked: Vec<String>,
    codes_left: u64,
}

async fn read(site: &Site, actor: &Actor) -> Result<Shown, Problem> {
    let kernel = site.kernel();
    let user = crate::me(kernel, actor).await?;
    let present = match &actor.kind {
        ActorKind::Person { session } => session.clone(),
        _ => return Err(crate::Error::PersonNeeded.into()),
    };
    Ok(Shown {
        weak: actor.roles.is_empty() && !user.roles.is_empty(),
        sessions: crate::own_sessions(kernel, actor).await?,
        present,
        tokens: crate::tokens(kernel, actor, &actor.id).await?,
        held: Permission::ALL.into_iter().filter(|permission| actor.may(*permission)).collect(),
        linked: own_providers(kernel, actor).await?,
        codes_left: recovery_codes_left(kernel, actor).await?,
        user,
    })
}

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Extension(providers): Extension<Providers>,
) -> Result<Markup, Failure> {
    Ok(page(&cx, &read(&site, &actor).await?, &providers, &FormErrors::none()))
}

fn page(cx: &View, shown: &Shown, providers: &Providers, errors: &FormErrors) -> Markup {
    let user = &shown.user;
    let roles = user.roles.iter().map(|role| role_name(cx, *role)).collect::<Vec<_>>().join("、");
    let body = html! {
        (PageHeader::new(cx, cx.t("accounts-account")))
        (weak_alert(cx, shown.weak))
        (errors)
        (card(&cx.t("accounts-profile"), html! {
            (facts().add(cx.t("accounts-login"), &user.login).add(cx.t("accounts-roles"), roles)
                .maybe(cx.t("accounts-organisation"), user.organisation.as_ref().map(|organisation| organisation.name.clone())))
            (profile_form(cx, user, errors))
        }))
        (card(&cx.t("accounts-password"), form_post(cx, "/account/password", html! {
            @if user.has_password {
                (Field::password(cx, "current", cx.t("accounts-password-current")).required().autocomplete("current-password").errors(errors))
            }
            (Field::password(cx, "password", cx.t("accounts-password-new")).required().autocomplete("new-password").errors(errors))
            (Field::password(cx, "again", cx.t("accounts-password-again")).required().autocomplete("new-password").errors(errors))
            (submit(&cx.t("accounts-password-change"), None))
        })))
        (second_card(cx, shown, errors))
        @if providers.iter().next().is_some() { (providers_card(cx, shown, providers)) }
        (sessions_card(cx, shown))
        (tokens_card(cx, shown, errors))
    };
    shell::page(cx, &cx.t("accounts-account"), body)
}

fn profile_form(cx: &View, user: &User, errors: &FormErrors) -> Markup {
    let languages = vec![Choice::new("zh-CN", "中文"), Choice::new("en", "English")];
    let mut zones: Vec<Choice> = ZONES.iter().map(|zone| Choice::new(*zone, *zone)).collect();
    if !user.zone.is_empty() && !ZONES.contains(&user.zone.as_str()) {
        zones.push(Choice::new(user.zone.as_str(), user.zone.as_str()));
    }
    form_post(
        cx,
        "/account/profile",
        html! {
            (Field::text(cx, "name", cx.t("accounts-name")).value(&user.name).required().autocomplete("name").attribute("maxlength", "300").errors(errors))
            (Field::text(cx, "email", cx.t("accounts-email")).value(user.email.as_deref().unwrap_or("")).autocomplete("email").errors(errors))
            (Field::text(cx, "phone", cx.t("accounts-phone")).value(user.phone.as_deref().unwrap_or("")).autocomplete("tel").errors(errors))
            (Field::select(cx, "language", cx.t("accounts-language"), languages).value(user.language.tag()).required())
            (Field::select(cx, "zone", cx.t("accounts-zone"), zones).value(&user.zone).hint(cx.t("accounts-zone-hint")).errors(errors))
            (submit(&cx.t("accounts-save"), None))
        },
    )
}

fn second_card(cx: &View, shown: &Shown, errors: &FormErrors) -> Markup {
    card(
        &cx.t("accounts-second-factor"),
        html! {
            @if shown.user.second_factor {
                p { (status(Tone::Good, "shield-check", &cx.t("accounts-second-is-on"))) " " (cx.ta("accounts-codes-left", &[("n", (shown.codes_left as i64).into())])) }
                (confirm(&cx.t("accounts-second-off"), "shield-x", true, form_post(cx, "/account/second-factor/remove", html! {
                    (Field::password(cx, "current", cx.t("accounts-password-current")).required().autocomplete("current-password").errors(errors))
                    (Field::text(cx, "code", cx.t("accounts-code")).required().autocomplete("one-time-code").errors(errors))
                    (submit(&cx.t("accounts-second-off"), None))
                })))
            } @else {
                p { (cx.t("accounts-second-is-off")) }
                p { a class="btn" href="/account/second-factor" { (cx.t("accounts-second-on")) } }
            }
        },
    )
}

fn providers_card(cx: &View, shown: &Shown, providers: &Providers) -> Markup {
    card(
        &cx.t("accounts-providers"),
        html! {
            @for provider in providers.iter() {
                @if shown.linked.contains(&provider.key) {
                    (form_post(cx, &format!("/account/providers/{}/unlink", provider.key), html! {
                        p { (badge(Tone::Good, &provider.name)) }
                        (submit(&cx.t("accounts-provider-unlink"), None))
                    }))
                } @else {
                    p { a class="btn" href={ "/account/providers/" (provider.key) "/link" } {
                        (cx.ta("accounts-provider-link", &[("name", provider.name.as_str().into())]))
                    } }
                }
            }
        },
    )
}

fn sessions_card(cx: &View, shown: &Shown) -> Markup {
    let end = |id: &str, label: &str| {
        form_post(
            cx,
            "/account/sessions/end",
            html! { input type="hidden" name="id" value=(id); (submit(&cx.t(label), None)) },
        )
    };
    let rows = shown.sessions.iter().map(|session| {
        let present = session.id == shown.present;
        Row::new()
            .cell(html! { (session.agent) @if present { " " (badge(Tone::Info, &cx.t("accounts-session-this"))) } })
            .cell(&session.address)
            .cell(cx.moment(session.created_at))
            .cell(cx.time_ago(session.seen_at))
            .cell(html! { @if !present { (end(&session.id, "accounts-session-end")) } })
    });
    let table = Table::new(cx, cx.t("accounts-sessions"))
        .column(Column::text(cx.t("accounts-session-agent")))
        .column(Column::text(cx.t("accounts-address")))
        .column(Column::text(cx.t("accounts-session-since")).quiet())
        .column(Column::text(cx.t("accounts-session-seen")))
        .column(Column::text(cx.t("accounts-actions")))
        .rows(rows);
    card("", html! { (table) (end("", "accounts-sessions-end")) })
}

fn tokens_card(cx: &View, shown: &Shown, errors: &FormErrors) -> Markup {
    let scopes = shown
        .held
        .iter()
        .map(|scope| Choice::new(scope.name(), permission_name(cx, *scope)).hint(scope.name()))
        .collect();
    card(
        "",
        html! {
            (tokens_table(cx, &shown.tokens, |token| format!("/account/tokens/{}/revoke", token.id)))
            @if !shown.held.is_empty() {
                (confirm(&cx.t("accounts-token-new"), "key", false, form_post(cx, "/account/tokens", html! {
                    (Field::text(cx, "name", cx.t("accounts-token-name")).required().attribute("maxlength", "300").errors(errors))
                    (Field::checks(cx, "scopes", cx.t("accounts-token-scopes"), scopes).required().errors(errors))
                    (Field::number(cx, "days", cx.t("accounts-token-life")).value("90").required().errors(errors))
                    (submit(&cx.t("accounts-token-new"), None))
                })))
            }
        },
    )
}

/// Tokens with a way to revoke each; `action` names the address.
pub(crate) fn tokens_table(cx: &View, tokens: &[Token], action: impl Fn(&Token) -> String) -> Markup {
    let rows = tokens.iter().map(|token| {
        let in_force = token.revoked_at.is_none() && token.expires_at > cx.now;
        let state = match (token.revoked_at, in_force) {
            (_, true) => status(Tone::Good, "circle-check", &cx.t("accounts-token-in-force")),
            (Some(_), false) => status(Tone::Neutral, "ban", &cx.t("accounts-token-revoked")),
            (None, false) => status(Tone::Neutral, "clock", &cx.t("accounts-token-expired")),
        };
        Row::new()
            .cell(&token.name)
            .cell(token.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", "))
            .cell(state)
            .cell(cx.date(token.expires_at))
            .cell(html! { @if let Some(at) = token.used_at { (cx.time_ago(at)) } @else { "—" } })
            .cell(html! { @if in_force { (form_post(cx, &action(token), submit(&cx.t("accounts-token-revoke"), None))) } })
    });
    html! {
        (Table::new(cx, cx.t("accounts-tokens"))
            .column(Column::text(cx.t("accounts-token-name")))
            .column(Column::text(cx.t("accounts-token-scopes")).quiet())
            .column(Column::text(cx.t("accounts-state")))
            .column(Column::text(cx.t("accounts-token-until")))
            .column(Column::text(cx.t("accounts-token-used")).quiet())
            .column(Column::text(cx.t("accounts-actions")))
            .rows(rows)
            .empty(empty("key", &cx.t("accounts-tokens-none"), &cx.t("accounts-tokens-none-help"), None)))
    }
}

/// The page again with what is wrong, or the problem as it is.
async fn redisplay(
    site: &Site,
    actor: &Actor,
    cx: &View,
    providers: &Providers,
    problem: Problem,
) -> Result<Response, Failure> {
    if !is_for_the_form(&problem) {
        return Err(problem.into());
    }
    let shown = read(site, actor).await?;
    let page = page(cx, &shown, providers, &FormErrors::of_problem(cx, &problem));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

#[derive(Debug, Deserialize)]
pub(crate) struct ProfileInput {
    #[serde(default)]
    name: String,
    email: Option<String>,
    phone: Option<String>,
    #[serde(default)]
    language: String,
    #[serde(default)]
    zone: String,
}

pub(crate) async fn profile(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Extension(providers): Extension<Providers>,
    Form(input): Form<ProfileInput>,
) -> Result<Response, Failure> {
    let language = Language::from_tag(&input.language).unwrap_or_default();
    let profile = Profile { name: input.name, email: input.email, phone: input.phone, language, zone: input.zone };
    match crate::change_profile(site.kernel(), &actor, profile).await {
        Ok(()) => {
            let kept = web::cookies::set_language(&site, language);
            Ok((kept, redirect_with_flash(HOME, "accounts-saved")).into_response())
        }
        Err(error) => redisplay(&site, &actor, &cx, &providers, error.into()).await,
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct PasswordInput {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

pub(crate) async fn password(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Extension(providers): Extension<Providers>,
    Form(input): Form<PasswordInput>,
) -> Result<Response, Failure> {
    let changed = if input.password == input.again {
        crate::change_password(site.kernel(), &actor, &input.current, &input.password).await.map_err(Problem::from)
    } else {
        Err(Problem::invalid_field("again", "accounts-password-differs"))
    };
    match changed {
        Ok(()) => Ok(redirect_with_flash(HOME, "accounts-password-changed").into_response()),
        Err(problem) => redisplay(&site, &actor, &cx, &providers, problem).await,
    }
}

pub(crate) async fn second_show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
) -> Result<Response, Failure> {
    if crate::me(site.kernel(), &actor).await?.second_factor {
        return Ok(web::redirect(HOME).into_response());
    }
    let enrolment = crate::begin_second_factor(site.kernel(), &actor).await?;
    Ok(second_page(&cx, &enrolment, &FormErrors::none()).into_response())
}

fn second_page(cx: &View, enrolment: &crate::Enrolment, errors: &FormErrors) -> Markup {
    let title = cx.t("accounts-second-on");
    let body = html! {
        (PageHeader::new(cx, title.as_str()).back(cx.t("accounts-account"), HOME))
        (errors)
        (card("", html! {
            ol {
                li { (cx.t("accounts-second-step-app")) }
                li { (cx.t("accounts-second-step-key")) " " (copyable(cx, &enrolment.secret)) " " a href=(enrolment.url) { (cx.t("accounts-second-open")) } }
                li { (super::qr::drawing(&enrolment.url, &cx.t("accounts-second-open"))) }
                li { (cx.t("accounts-second-step-code")) }
            }
            (form_post(cx, "/account/second-factor", html! {
                (Field::text(cx, "code", cx.t("accounts-code")).required().autocomplete("one-time-code")
                    .attribute("inputmode", "numeric").attribute("maxlength", "10").errors(errors))
                (submit(&cx.t("accounts-second-on"), Some((cx.t("accounts-back").as_str(), HOME))))
            }))
        }))
    };
    shell::page(cx, &title, body)
}

pub(crate) async fn second_confirm(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(given): Form<Code>,
) -> Result<Response, Failure> {
    match crate::confirm_second_factor(site.kernel(), &actor, &given.code).await.map_err(Problem::from) {
        Ok(codes) => Ok(codes_page(&cx, &codes).into_response()),
        Err(problem) if is_for_the_form(&problem) => {
            let enrolment = crate::begin_second_factor(site.kernel(), &actor).await?;
            let page = second_page(&cx, &enrolment, &FormErrors::of_problem(&cx, &problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

fn codes_page(cx: &View, codes: &[String]) -> Markup {
    let title = cx.t("accounts-codes");
    let body = html! {
        (PageHeader::new(cx, title.as_str()).back(cx.t("accounts-account"), HOME))
        (alert(Tone::Good, "", cx.t("accounts-second-is-on")))
        (card("", html! {
            p { (cx.t("accounts-codes-lead")) }
            ul { @for code in codes { li { code { (code) } } } }
            p { a class="btn btn-primary" href=(HOME) { (cx.t("accounts-codes-kept")) } }
        }))
    };
    shell::page(cx, &title, body)
}

#[derive(Debug, Deserialize)]
pub(crate) struct RemoveInput {
    #[serde(default)]
    current: String,
    #[serde(default)]
    code: String,
}

pub(crate) async fn second_remove(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(input): Form<RemoveInput>,
) -> Result<Response, Failure> {
    match crate::remove_second_factor(site.kernel(), &actor, &input.current, &input.code).await.map_err(Problem::from) {
        Ok(()) => Ok(redirect_with_flash(HOME, "accounts-second-was-off").into_response()),
        Err(problem) => redisplay(&site, &actor, &cx, &Providers::default(), problem).await,
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct EndInput {
    #[serde(default)]
    id: String,
}

pub(crate) async fn end_sessions(
    State(site): State<Site>,
    Signed(actor): Signed,
    Form(input): Form<EndInput>,
) -> Result<Redirect, Failure> {
    let only = Some(input.id.as_str()).filter(|id| !id.is_empty());
    crate::end_own_sessions(site.kernel(), &actor, only).await?;
    Ok(redirect_with_flash(HOME, "accounts-sessions-ended"))
}

#[derive(Debug, Deserialize)]
pub(crate) struct TokenInput {
    #[serde(default)]
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
    days: Option<i64>,
}

pub(crate) async fn create_token(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Extension(providers): Extension<Providers>,
    Form(input): Form<TokenInput>,
) -> Result<Response, Failure> {
    let made = match scopes(&input.scopes) {
        Ok(scopes) => crate::create_token(site.kernel(), &actor, &input.name, scopes, input.days.unwrap_or(0))
            .await
            .map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match made {
        Ok((token, secret)) => Ok(token_page(&cx, &token, &secret).into_response()),
        Err(problem) => redisplay(&site, &actor, &cx, &providers, problem).await,
    }
}

fn token_page(cx: &View, token: &Token, secret: &str) -> Markup {
    let title = cx.t("accounts-token-made");
    let body = html! {
        (PageHeader::new(cx, title.as_str()).back(cx.t("accounts-account"), HOME))
        (alert(Tone::Waiting, "", cx.t("accounts-token-once")))
        (card("", html! {
            (facts().add(cx.t("accounts-token-name"), &token.name).add(cx.t("accounts-token-secret"), copyable(cx, secret))
                .add(cx.t("accounts-token-until"), cx.date(token.expires_at)))
            p { a class="btn btn-primary" href=(HOME) { (cx.t("accounts-codes-kept")) } }
        }))
    };
    shell::page(cx, &title, body)
}

pub(crate) async fn revoke_token(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    crate::revoke_token(site.kernel(), &actor, &id).await?;
    Ok(redirect_with_flash(HOME, "accounts-token-was-revoked"))
}

pub(crate) async fn link_provider(
    State(site): State<Site>,
    Signed(_actor): Signed,
    Path(key): Path<String>,
    Extension(providers): Extension<Providers>,
) -> Result<Response, Failure> {
    send_away(&site, &providers, &key, HOME, true).await
}

pub(crate) async fn unlink_provider(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(key): Path<String>,
) -> Result<Redirect, Failure> {
    oidc::unlink(site.kernel(), &actor, &key).await?;
    Ok(redirect_with_flash(HOME, "accounts-provider-unlinked"))
}
