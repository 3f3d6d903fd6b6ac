//! Every route × every role: who is let in is exactly what the table says.

use axum::http::{Method, StatusCode};
use kernel::Role;
use testkit::{Answer, App, Client};
use web::{Access, RouteRow};

const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

fn concrete(path: &str) -> String {
    let mut out = String::new();
    let mut parts = path.split('{');
    out.push_str(parts.next().unwrap_or(""));
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or(("", part));
        out.push_str(match name.trim_start_matches('*') {
            "market" => "cn",
            "table" => "claims",
            _ => NOBODY,
        });
        out.push_str(rest);
    }
    out
}

/// An address with what it cannot do without: a download of an answer asks a question.
fn with_question(path: &str) -> String {
    if path.starts_with("/console/history.") { format!("{path}?sql=SELECT%201") } else { path.to_owned() }
}

async fn ask(client: &Client, row: &RouteRow) -> Answer {
    let path = concrete(&row.path);
    match row.method.as_str() {
        "GET" => client.get(&path).await,
        "POST" if !row.path.starts_with("/v1/") => client.post_form(&path, &[]).await,
        method => client.send_json(Method::from_bytes(method.as_bytes()).unwrap(), &path, &serde_json::json!({})).await,
    }
    .unwrap()
}

fn turned_away(answer: &Answer) -> bool {
    let to_sign_in = answer.location.as_deref().is_some_and(|to| to.starts_with("/sign-in"));
    answer.status == StatusCode::UNAUTHORIZED || to_sign_in
}

#[tokio::test]
async fn nobody_comes_in_where_the_table_does_not_say_so() {
    let app = App::start().await.unwrap();
    let visitor = app.visitor();
    let rows: Vec<RouteRow> =
        app.product.table.iter().filter(|row| !row.path.contains("sign-out") && row.method != "*").cloned().collect();
    assert!(rows.len() > 60, "only {} routes", rows.len());
    let mut wrong = Vec::new();
    for row in rows.iter().filter(|row| row.access != Access::Public) {
        let answer = ask(&visitor, row).await;
        // A form without a session carries no CSRF mark either: that is refused first.
        let no_mark = row.method == "POST" && answer.status == StatusCode::FORBIDDEN;
        if !(turned_away(&answer) || no_mark) {
            wrong.push(format!("visitor {} {}: {}", row.method, row.path, answer.status));
        }
    }
    for role in Role::ALL {
        let client = app.signed_in(role, role.name()).await.unwrap();
        for row in &rows {
            // Changing one's own account would sign this person out in the middle of the table.
            if row.path.starts_with("/account") && row.method == "POST" {
                continue;
            }
            let answer = ask(&client, row).await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            let admitted = row.access.admits(role);
            let sent_away = turned_away(&answer) && row.access != Access::Public;
            if answer.status.is_server_error() || sent_away || (!admitted && !refused) {
                wrong.push(format!(
                    "{} {} {}: {} {}",
                    role.name(),
                    row.method,
                    row.path,
                    answer.status,
                    excerpt(&answer)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of the route × role table: {wrong:#?}", wrong.len());
}

fn excerpt(answer: &Answer) -> String {
    if answer.status.is_server_error() { answer.text().chars().take(300).collect() } else { String::new() }
}

#[tokio::test]
async fn a_reader_who_may_sees_every_page_without_a_fault() {
    let app = App::start().await.unwrap();
    let mut wrong = Vec::new();
    for role in [Role::Admin, Role::Reviewer, Role::Manager, Role::Auditor, Role::Merchant] {
        let client = app.signed_in(role, role.name()).await.unwrap();
        for row in app
            .product
            .table
            .iter()
            .filter(|row| row.method == "GET" && !row.path.contains('{') && row.access.admits(role))
        {
            for client in [client.clone(), client.clone().in_english()] {
                let answer = client.get(&with_question(&row.path)).await.unwrap();
                let forbidden_for_office = answer.status == StatusCode::FORBIDDEN && row.access == Access::SignedIn;
                // An address that asks for a parameter says so.
                let asks_more = answer.status == StatusCode::UNPROCESSABLE_ENTITY && row.path.starts_with("/v1/");
                if !(asks_more || answer.status.is_success() || answer.status.is_redirection() || forbidden_for_office)
                {
                    wrong.push(format!("{} {}: {}", role.name(), row.path, answer.status));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
