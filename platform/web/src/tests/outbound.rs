//! Where the product calls and where it does not.

use crate::outbound::{Client, Error, Network, Resolver, is_public};
use axum::Router;
use axum::routing::{any, get};
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::HeaderMap;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Names {
    answers: Mutex<HashMap<String, Vec<Vec<&'static str>>>>,
    asked: AtomicUsize,
}

impl Names {
    /// Each question gets the next answer; the last one stays.
    fn with(entries: &[(&str, &[&[&'static str]])]) -> Arc<Names> {
        let answers =
            entries.iter().map(|(name, answers)| ((*name).to_owned(), answers.iter().map(|a| a.to_vec()).collect()));
        Arc::new(Names { answers: Mutex::new(answers.collect()), asked: AtomicUsize::new(0) })
    }
}

#[async_trait::async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let known = answers.get_mut(host).ok_or_else(|| std::io::Error::other("no such name"))?;
        let answer = if known.len() > 1 { known.remove(0) } else { known[0].clone() };
        Ok(answer.into_iter().map(|text| text.parse().unwrap()).collect())
    }
}

#[test]
fn no_address_of_our_own_networks_is_public() {
    let refused = [
        "0.0.0.0",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "168.63.129.16",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "fd00:ec2::254",
    ];
    for text in refused {
        assert!(!is_public(text.parse().unwrap()), "{text}");
    }
    for text in [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.167.1.1",
        "2606:4700::1111",
        "2400:3200::1",
    ] {
        assert!(is_public(text.parse().unwrap()), "{text}");
    }
}

#[test]
fn a_network_is_read_with_its_length_and_holds_what_it_should() {
    let network = Network::parse("10.1.0.0/16").unwrap();
    assert!(network.contains("10.1.255.1".parse().unwrap()) && !network.contains("10.2.0.1".parse().unwrap()));
    assert!(network.contains("::ffff:10.1.0.1".parse().unwrap()));
    assert!(Network::parse("0.0.0.0/0").unwrap().contains("8.8.8.8".parse().unwrap()));
    assert!(Network::parse("fd00::/8").unwrap().contains("fd12::1".parse().unwrap()));
    for bad in ["", "10.0.0.0/33", "::/129", "name", "10.0.0/8"] {
        assert_eq!(Network::parse(bad), None, "{bad}");
    }
}

#[tokio::test]
async fn hostile_addresses_are_refused_before_anything_is_sent() {
    let names = Names::with(&[
        ("inside.example", &[&["10.0.0.5"]]),
        ("mixed.example", &[&["8.8.8.8", "127.0.0.1"]]),
        ("mapped.example", &[&["::ffff:169.254.169.254"]]),
        ("localhost", &[&["127.0.0.1"]]),
        ("fine.example", &[&["8.8.8.8"]]),
    ]);
    let client = Client::with_resolver(&[], names);
    let refused = [
        "https://inside.example/",
        "https://mixed.example/",
        "https://mapped.example/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://0/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://017700000001/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1]/",
        "http://fine.example/",
        "ftp://fine.example/",
        "file:///etc/passwd",
        "gopher://fine.example/",
        "https://user:secret@fine.example/",
        "https://INSIDE.example/",
        "not an address",
        "",
    ];
    for address in refused {
        let checked = client.check(address).await;
        assert!(matches!(checked, Err(Error::Refused(_))), "{address}: {checked:?}");
        let sent = client.send(Method::POST, address, HeaderMap::new(), Bytes::new()).await;
        assert!(matches!(sent, Err(Error::Refused(_))), "{address}: {sent:?}");
    }
    assert!(client.check("https://fine.example/hook?x=1").await.is_ok());
    assert!(matches!(client.check("https://unknown.example/").await, Err(Error::Failed(_))));
    let long = format!("https://fine.example/{}", "a".repeat(2000));
    assert!(matches!(client.check(&long).await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn a_name_that_changes_its_mind_between_check_and_call_gains_nothing() {
    let names = Names::with(&[("rebind.example", &[&["8.8.8.8"], &["127.0.0.1"]])]);
    let client = Client::with_resolver(&[], names.clone());
    let sent = client.send(Method::GET, "https://rebind.example/", HeaderMap::new(), Bytes::new()).await;
    assert!(matches!(sent, Err(Error::Refused(_))), "{sent:?}");
    assert_eq!(
        names.asked.load(Ordering::SeqCst),
        2,
        "the second answer is the one connected to, and it is checked too"
    );
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn an_allowed_address_is_called_without_following_it_elsewhere() {
    let router = Router::new()
        .route("/ok", any(|| async { "好" }))
        .route("/away", get(|| async { axum::response::Redirect::to("/ok") }))
        .route("/large", get(|| async { "x".repeat(2 * 1024 * 1024) }));
    let address = serve(router).await;
    let client = Client::with_resolver(&[address.to_string()], Names::with(&[]));
    let get = |path: &str| {
        let (client, url) = (client.clone(), format!("http://{address}{path}"));
        async move { client.send(Method::GET, &url, HeaderMap::new(), Bytes::new()).await }
    };
    let ok = get("/ok").await.unwrap();
    assert_eq!((ok.status, ok.body), (200, Bytes::from("好")));
    assert_eq!(get("/away").await.unwrap().status, 303, "the redirect is an answer, not a way");
    assert!(matches!(get("/large").await, Err(Error::TooLarge { .. })));
    let other_port = format!("http://127.0.0.1:{}/ok", address.port().wrapping_add(1).max(1));
    assert!(matches!(client.check(&other_port).await, Err(Error::Refused(_))), "only the port that was allowed");
    let by_name = Client::with_resolver(
        &[format!("shop.test:{}", address.port())],
        Names::with(&[("shop.test", &[&["127.0.0.1"]])]),
    );
    let url = format!("http://shop.test:{}/ok", address.port());
    assert_eq!(by_name.send(Method::GET, &url, HeaderMap::new(), Bytes::new()).await.unwrap().status, 200);
}
