//! The HTTP adapter against a register on this machine.

use super::*;
use crate::register::{Mapping, Settings};
use crate::{HttpRegister, RegisterState};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

fn client(allow: &[String]) -> web::outbound::Client {
    let settings = web::Settings { outbound_allow: allow.to_vec(), ..web::Settings::default() };
    web::outbound::Client::new(&settings).unwrap()
}

fn question() -> Question {
    Question {
        kind: "business-licence".into(),
        number: uscc(1),
        holder: NAME.into(),
        uscc: uscc(1),
        market: "cn".into(),
    }
}

#[tokio::test]
async fn a_register_on_a_private_address_is_never_called_unless_the_operator_allows_it() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "http://169.254.169.254/".into(),
        "file:///etc/passwd".into(),
    ] {
        let register = HttpRegister::new(client(&[]), Settings { url: url.clone(), ..Settings::default() });
        assert!(register.ask(&question()).await.is_err(), "{url}");
    }
    assert!(listener.accept().is_err(), "nobody knocked");
}

#[tokio::test]
async fn papers_are_confirmed_by_a_register_over_http_with_its_secret_and_mapping() {
    let answer = |headers: axum::http::HeaderMap, Json(asked): Json<Value>| async move {
        assert_eq!(headers["x-key"], "secret");
        let known = asked["kind"] == "business-licence";
        Json(json!({ "data": { "hit": known.then_some(true), "name": asked["holder"], "status": "存续" } }))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, Router::new().route("/ask", post(answer))).await });
    let settings = Settings {
        url: format!("http://{address}/ask"),
        secret_header: "x-key".into(),
        secret: "secret".into(),
        kinds: vec!["business-licence".into(), "food-trading-licence".into()],
        mapping: Mapping {
            found: "/data/hit".into(),
            holder: "/data/name".into(),
            status: "/data/status".into(),
            ..Mapping::default()
        },
    };
    let bench = Bench::sqlite().await;
    ready(&bench, "m1", 1, NAME).await;
    let register: Arc<dyn Register> = Arc::new(HttpRegister::new(client(&[address.to_string()]), settings));
    kernel::job::settle(&bench.kernel, &jobs_with(Some(register)), 50).await.unwrap();
    assert_eq!(paper_of(&bench, "m1", "business-licence").await.register, RegisterState::Confirmed);
    let unknown = paper_of(&bench, "m1", "food-trading-licence").await;
    assert_eq!(unknown.register, RegisterState::Differs, "the register keeps this kind and does not know the number");
    server.abort();
}
