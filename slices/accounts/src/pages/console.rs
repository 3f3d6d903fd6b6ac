//! What administrators and auditors see: people, one person, attempts to sign in.

use super::account::tokens_table;
use super::{is_for_the_form, role_name, state_mark};
use crate::api::{AuditQuery, ListQuery, roles as read_roles};
use crate::model::{NewUser, Organisation, OrganisationKind, Outcome, SignInRecord, Token, User, UserState};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::{Language, Problem};
use kernel::{Actor, Page, Permission, Role};
use maud::{Markup, html};
use serde::Deserialize;
use ui::View;
use ui::parts::{
    Choice, Column, Field, FilterBar, FormErrors, PageHeader, Paging, Row, Sort, Table, Tone, alert, card, confirm,
    copyable, empty, facts, form_post, status, submit, tabs,
};
use ui::shell;
use web::{Cx, Failure, Form, PagingQuery, Path, Query, Redirect, Signed, Site, redirect_with_flash};

const HOME: &str = "/console/accounts";
const AUDIT: &str = "/console/accounts/audit";

pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<ListQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let found = crate::list(site.kernel(), &actor, &query.filter(), &paging).await?;
    Ok(list_page(&cx, &found, actor.may(Permission::AccountsManage)))
}

fn places(cx: &View) -> Markup {
    let entries = [(cx.t("accounts-people"), HOME.to_owned(), None), (cx.t("accounts-audit"), AUDIT.to_owned(), None)];
    tabs(cx, &cx.t("accounts-people"), &entries)
}

fn list_page(cx: &View, found: &Page<User>, may_invite: bool) -> Markup {
    let mut header = PageHeader::new(cx, cx.t("accounts-people"));
    if may_invite {
        header = header.link(&cx.t("accounts-invite"), "/console/accounts/new", "user-plus");
    }
    let rows = found.rows.iter().map(|user| {
        Row::new()
            .link(format!("{HOME}/{}", user.id))
            .cell(&user.login)
            .cell(&user.name)
            .cell(user.roles.iter().map(|role| role_name(cx, *role)).collect::<Vec<_>>().join("、"))
            .cell(user.organisation.as_ref().map_or("", |organisation| organisation.name.as_str()))
            .cell(state_mark(cx, user.state))
            .cell(html! { @if let Some(at) = user.signed_in_at { (cx.time_ago(at)) } @else { "—" } })
    });
    let table = Table::new(cx, cx.t("accounts-people"))
        .column(Column::text(cx.t("accounts-login")).sort("login"))
        .column(Column::text(cx.t("accounts-name")).sort("name"))
        .column(Column::text(cx.t("accounts-roles")))
        .column(Column::text(cx.t("accounts-organisation")).quiet())
        .column(Column::text(cx.t("accounts-state")).sort("state"))
        .column(Column::text(cx.t("accounts-signed-in")).sort("signed_in").quiet())
        .rows(rows)
        .sorted(Sort::from_view(cx, &["login", "name", "state", "signed_in", "created"], "login"))
        .empty(empty("users", &cx.t("accounts-people-none"), &cx.t("accounts-people-none-help"), None))
        .paging(Paging::pages(cx, found.paging.page, found.pages(), found.total));
    let roles = Role::ALL.map(|role| (role.name().to_owned(), role_name(cx, role))).to_vec();
    let states = UserState::ALL
        .map(|state| (state.name().to_owned(), cx.t(&format!("accounts-state-{}", state.name()))))
        .to_vec();
    let body = html! {
        (header)
        (places(cx))
        (FilterBar::new(cx).search("q", cx.t("accounts-search")).choice("role", cx.t("accounts-roles"), roles)
            .choice("state", cx.t("accounts-state"), states))
        (table)
    };
    shell::console(cx, &cx.t("accounts-people"), body)
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct InviteInput {
    #[serde(default)]
    login: String,
    #[serde(default)]
    name: String,
    email: Option<String>,
    phone: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    organisation_id: Option<String>,
    organisation_name: Option<String>,
}

pub(crate) async fn new_show(Cx(cx): Cx) -> Markup {
    new_page(&cx, &InviteInput::default(), &FormErrors::none())
}

fn role_choices(cx: &View, fits: impl Fn(Role) -> bool) -> Vec<Choice> {
    Role::ALL.into_iter().filter(|role| fits(*role)).map(|role| Choice::new(role.name(), role_name(cx, role))).collect()
}

fn new_page(cx: &View, input: &InviteInput, errors: &FormErrors) -> Markup {
    let text = |name: &str, label: &str, value: Option<&str>| {
        Field::text(cx, name, cx.t(label)).value(value.unwrap_or("")).errors(errors)
    };
    let mut roles =
        Field::checks(cx, "roles", cx.t("accounts-roles"), role_choices(cx, |_| true)).required().errors(errors);
    for role in &input.roles {
        roles = roles.value(role);
    }
    let title = cx.t("accounts-invite");
    let body = html! {
        (PageHeader::new(cx, title.as_str()).back(cx.t("accounts-people"), HOME).lead(cx.t("accounts-invite-lead")))
        (errors)
        (card("", form_post(cx, "/console/accounts/new", html! {
            (text("login", "accounts-login", Some(&input.login)).required().hint(cx.t("accounts-login-form")).attribute("maxlength", "64"))
            (text("name", "accounts-name", Some(&input.name)).required().attribute("maxlength", "300"))
            (text("email", "accounts-email", input.email.as_deref()))
            (text("phone", "accounts-phone", input.phone.as_deref()))
            (roles)
            (text("organisation_id", "accounts-organisation-id", input.organisation_id.as_deref()).hint(cx.t("accounts-organisation-hint")))
            (text("organisation_name", "accounts-organisation", input.organisation_name.as_deref()))
            (submit(&cx.t("accounts-invite"), Some((cx.t("accounts-back").as_str(), HOME))))
        })))
    };
    shell::console(cx, &title, body)
}

/// The person the form describes. A role of an organisation asks for that organisation; without an id it is a new one.
fn new_user(site: &Site, input: &InviteInput) -> Result<NewUser, Problem> {
    let roles = read_roles(&input.roles)?;
    let kind = roles.iter().find_map(|role| OrganisationKind::of_role(*role));
    let wanted =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let organisation = kind.map(|kind| Organisation {
        kind,
        id: wanted(&input.organisation_id).unwrap_or_else(|| site.kernel().new_id()),
        name: wanted(&input.organisation_name).unwrap_or_default(),
    });
    if organisation.as_ref().is_some_and(|organisation| !ground::id::is_id(&organisation.id)) {
        return Err(Problem::invalid_field("organisation_id", "accounts-organisation-id-form"));
    }
    Ok(NewUser {
        login: input.login.clone(),
        name: input.name.clone(),
        email: input.email.clone(),
        phone: input.phone.clone(),
        roles,
        organisation,
        language: Language::Zh,
    })
}

pub(crate) async fn new_submit(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(input): Form<InviteInput>,
) -> Result<Response, Failure> {
    let invited = match new_user(&site, &input) {
        Ok(new) => crate::invite(site.kernel(), &actor, new).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match invited {
        Ok((user, token)) => Ok(link_page(&cx, &site, &user, &token).into_response()),
        Err(problem) if is_for_the_form(&problem) => {
            let page = new_page(&cx, &input, &FormErrors::of_problem(&cx, &problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

fn link_page(cx: &View, site: &Site, user: &User, token: &str) -> Markup {
    let title = cx.t("accounts-link-made");
    let address = format!("{}/link/{token}", site.settings().base_url);
    let body = html! {
        (PageHeader::new(cx, title.as_str()).back(cx.t("accounts-people"), HOME))
        (alert(Tone::Waiting, "", cx.t("accounts-link-once")))
        (card("", html! {
            (facts().add(cx.t("accounts-login"), &user.login).add(cx.t("accounts-link"), copyable(cx, &address)))
            p { a class="btn btn-primary" href={ (HOME) "/" (user.id) } { (cx.t("accounts-codes-kept")) } }
        }))
    };
    shell::console(cx, &title, body)
}

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    show_with(&site, &actor, &cx, &id, &FormErrors::none()).await.map_err(Failure::from)
}

async fn show_with(site: &Site, actor: &Actor, cx: &View, id: &str, errors: &FormErrors) -> Result<Markup, Problem> {
    let user = crate::user(site.kernel(), actor, id).await?;
    let tokens = crate::tokens(site.kernel(), actor, id).await?;
    let history = kernel::store::history(site.kernel(), "user", id, 20).await?;
    Ok(show_page(cx, &user, &tokens, &history, actor.may(Permission::AccountsManage), errors))
}

fn show_page(
    cx: &View,
    user: &User,
    tokens: &[Token],
    history: &[kernel::ActRecord],
    may: bool,
    errors: &FormErrors,
) -> Markup {
    let at = |rest: &str| format!("{HOME}/{}/{rest}", user.id);
    let roles = user.roles.iter().map(|role| role_name(cx, *role)).collect::<Vec<_>>().join("、");
    let yes_no = |yes: bool| cx.t(if yes { "accounts-yes" } else { "accounts-no" });
    let body = html! {
        (PageHeader::new(cx, user.name.as_str()).back(cx.t("accounts-people"), HOME).mark(state_mark(cx, user.state)))
        (errors)
        (card("", html! {
            (facts().add(cx.t("accounts-login"), &user.login).add(cx.t("accounts-roles"), roles)
                .maybe(cx.t("accounts-email"), user.email.as_deref()).maybe(cx.t("accounts-phone"), user.phone.as_deref())
                .maybe(cx.t("accounts-organisation"), user.organisation.as_ref().map(|organisation| organisation.name.clone()))
                .add(cx.t("accounts-second-factor"), yes_no(user.second_factor))
                .add(cx.t("accounts-created"), cx.moment(user.created_at))
                .maybe(cx.t("accounts-signed-in"), user.signed_in_at.map(|at| cx.moment(at))))
            p { a href={ (AUDIT) "?login=" (user.login) } { (cx.t("accounts-audit")) } }
        }))
        @if may { (decisions(cx, user, &at, errors)) }
        @if may { (card("", tokens_table(cx, tokens, |token| at(&format!("tokens/{}/revoke", token.id))))) }
        (card(&cx.t("accounts-history"), timeline(cx, history)))
    };
    shell::console(cx, &user.name, body)
}

fn timeline(cx: &View, history: &[kernel::ActRecord]) -> Markup {
    let mut timeline = ui::parts::Timeline::new(cx);
    for act in history {
        // The ledger's pages name every kind of act; here they are called the same.
        let name = format!("proofs-kind-{}", act.kind.replace(['.', '_'], "-"));
        let title = if cx.catalogs.has(&name) { cx.t(&name) } else { act.kind.clone() };
        let mut entry = ui::parts::Entry::new(act.at, title).who(act.actor.clone());
        if act.leaf_index.is_some() {
            entry = entry.proof(format!("/console/ledger/{}", act.id));
        }
        timeline = timeline.entry(entry);
    }
    html! { (timeline) }
}

fn decisions(cx: &View, user: &User, at: &dyn Fn(&str) -> String, errors: &FormErrors) -> Markup {
    let button = |path: &str, label: &str| form_post(cx, &at(path), submit(&cx.t(label), None));
    let mut roles =
        Field::checks(cx, "roles", cx.t("accounts-roles"), role_choices(cx, Role::is_staff)).required().errors(errors);
    for role in &user.roles {
        roles = roles.value(role.name());
    }
    card(
        &cx.t("accounts-decisions"),
        html! {
            @if user.organisation.is_none() {
                (confirm(&cx.t("accounts-roles-change"), "users", false, form_post(cx, &at("roles"), html! { (roles) (submit(&cx.t("accounts-roles-change"), None)) })))
            }
            @if user.state == UserState::Deactivated {
                (button("activate", "accounts-activate"))
            } @else {
                (confirm(&cx.t("accounts-link-new"), "link", false, html! { p { (cx.t("accounts-link-new-help")) } (button("link", "accounts-link-new")) }))
                (confirm(&cx.t("accounts-sessions-end-all"), "logout", false, button("sessions/end", "accounts-sessions-end-all")))
                @if user.second_factor {
                    (confirm(&cx.t("accounts-second-reset"), "shield-x", true, html! { p { (cx.t("accounts-second-reset-help")) } (button("second-factor/reset", "accounts-second-reset")) }))
                }
                (confirm(&cx.t("accounts-deactivate"), "ban", true, form_post(cx, &at("deactivate"), html! {
                    (Field::text(cx, "reason", cx.t("accounts-reason")).required().attribute("maxlength", "300").errors(errors))
                    (submit(&cx.t("accounts-deactivate"), None))
                })))
            }
        },
    )
}

/// Back to the person with a message, or the page again with what is wrong.
async fn decided(
    site: &Site,
    actor: &Actor,
    cx: &View,
    id: &str,
    done: Result<(), Problem>,
    message: &str,
) -> Result<Response, Failure> {
    match done {
        Ok(()) => Ok(redirect_with_flash(&format!("{HOME}/{id}"), message).into_response()),
        Err(problem) if is_for_the_form(&problem) || problem.code.status == 409 => {
            let page = show_with(site, actor, cx, id, &FormErrors::of_problem(cx, &problem)).await?;
            Ok((StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::CONFLICT), page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct RolesInput {
    #[serde(default)]
    roles: Vec<String>,
}

pub(crate) async fn roles(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(input): Form<RolesInput>,
) -> Result<Response, Failure> {
    let done = match read_roles(&input.roles) {
        Ok(roles) => crate::set_roles(site.kernel(), &actor, &id, roles).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    decided(&site, &actor, &cx, &id, done, "accounts-roles-were-changed").await
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ReasonInput {
    #[serde(default)]
    reason: String,
}

pub(crate) async fn deactivate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(input): Form<ReasonInput>,
) -> Result<Response, Failure> {
    let done = crate::deactivate(site.kernel(), &actor, &id, &input.reason).await.map_err(Problem::from);
    decided(&site, &actor, &cx, &id, done, "accounts-was-deactivated").await
}

pub(crate) async fn activate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let done = crate::activate(site.kernel(), &actor, &id).await.map_err(Problem::from);
    decided(&site, &actor, &cx, &id, done, "accounts-was-activated").await
}

pub(crate) async fn end_sessions(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let done = crate::revoke_sessions(site.kernel(), &actor, &id).await.map(|_| ()).map_err(Problem::from);
    decided(&site, &actor, &cx, &id, done, "accounts-sessions-ended").await
}

pub(crate) async fn reset_second_factor(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let done = crate::reset_second_factor(site.kernel(), &actor, &id).await.map_err(Problem::from);
    decided(&site, &actor, &cx, &id, done, "accounts-second-was-off").await
}

pub(crate) async fn link(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let token = crate::issue_link(site.kernel(), &actor, &id).await?;
    let user = crate::user(site.kernel(), &actor, &id).await?;
    Ok(link_page(&cx, &site, &user, &token))
}

pub(crate) async fn revoke_token(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, token)): Path<(String, String)>,
) -> Result<Redirect, Failure> {
    crate::revoke_token(site.kernel(), &actor, &token).await?;
    Ok(redirect_with_flash(&format!("{HOME}/{id}"), "accounts-token-was-revoked"))
}

pub(crate) async fn audit(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<AuditQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let found = crate::audit(site.kernel(), &actor, &query.filter(), &paging).await?;
    Ok(audit_page(&cx, &found))
}

fn audit_page(cx: &View, found: &Page<SignInRecord>) -> Markup {
    let outcome = |outcome: Outcome| {
        let text = cx.t(&format!("accounts-outcome-{}", outcome.name()));
        match outcome {
            Outcome::Done => status(Tone::Good, "check", &text),
            Outcome::Refused => status(Tone::Danger, "x", &text),
            Outcome::Paused => status(Tone::Waiting, "player-pause", &text),
        }
    };
    let rows = found.rows.iter().map(|record| {
        Row::new()
            .cell(cx.moment(record.at))
            .cell(html! { @match &record.user_id { Some(id) => a href={ (HOME) "/" (id) } { (record.login) }, None => (record.login) } })
            .cell(outcome(record.outcome))
            .cell(cx.t(&format!("accounts-method-{}", record.method.replace('_', "-"))))
            .cell(&record.address)
            .cell(&record.agent)
    });
    let table = Table::new(cx, cx.t("accounts-audit"))
        .column(Column::text(cx.t("accounts-time")))
        .column(Column::text(cx.t("accounts-login")))
        .column(Column::text(cx.t("accounts-outcome")))
        .column(Column::text(cx.t("accounts-method")).quiet())
        .column(Column::text(cx.t("accounts-address")))
        .column(Column::text(cx.t("accounts-session-agent")).quiet())
        .rows(rows)
        .empty(empty("history", &cx.t("accounts-audit-none"), &cx.t("accounts-audit-none-help"), None))
        .paging(Paging::pages(cx, found.paging.page, found.pages(), found.total));
    let outcomes = Outcome::ALL
        .map(|outcome| (outcome.name().to_owned(), cx.t(&format!("accounts-outcome-{}", outcome.name()))))
        .to_vec();
    let body = html! {
        (PageHeader::new(cx, cx.t("accounts-audit")))
        (places(cx))
        (FilterBar::new(cx).search("login", cx.t("accounts-login")).choice("outcome", cx.t("accounts-outcome"), outcomes))
        (table)
    };
    shell::console(cx, &cx.t("accounts-audit"), body)
}
