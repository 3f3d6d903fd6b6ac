//! Addresses somebody else chose: never into our own network.

use super::*;

/// Every way to write an address of our own network.
const INWARD: [&str; 34] = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0x7f.1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[2002:7f00:1::]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://[fd00:ec2::254]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://user:pass@127.0.0.1/",
    "https://127.0.0.1:22/",
    "https://１２７.０.０.１/",
    "https://127.0.0.1%2f@example.com/",
    "https://example.com@127.0.0.1/",
];
const NO_ADDRESS: [&str; 10] = [
    "",
    "x",
    "http://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "ftp://example.com/",
    "javascript:alert(1)",
    "https://",
    "https://exa mple.com/",
    "https://example.com/\r\nX-Evil: 1",
];

#[tokio::test]
async fn no_webhook_leads_into_our_own_network() {
    let app = App::start().await.unwrap();
    let admin = app.signed_in(Role::Admin, "admin").await.unwrap();
    let long = format!("https://example.com/{}", "x".repeat(100_000));
    for address in INWARD.iter().chain(&NO_ADDRESS).copied().chain([long.as_str()]) {
        pass(&app);
        for (client, chinese) in [(admin.clone(), true), (admin.clone().in_english(), false)] {
            let answer = client.post_json("/v1/webhooks", &json!({ "url": address, "kinds": ["*"] })).await.unwrap();
            assert_eq!(answer.status.as_u16(), 422, "{address}: {}", answer.text());
            assert_eq!(flaws(&answer, chinese), Vec::<String>::new(), "{address}");
            let (.., places) = told(&answer);
            assert!(places.iter().any(|place| place.contains("url")), "{address}: {}", answer.text());
        }
        let page = admin
            .post_form("/console/webhooks", &[("url", address), ("kinds", "*"), ("description", HOSTILE)])
            .await
            .unwrap();
        assert!(!page.status.is_server_error() && !page.text().contains("<script>alert(1)"), "{address}");
    }
    assert!(!admin.get("/v1/webhooks").await.unwrap().text().contains("whsec_"));
    assert!(!admin.get("/v1/webhooks").await.unwrap().text().contains("127.0.0.1"));
}

#[tokio::test]
async fn the_client_every_outgoing_call_goes_through_refuses_them_all() {
    // The register adapter and sign-in providers call by this client alone.
    let client = web::outbound::Client::new(&web::Settings::default()).unwrap();
    for address in INWARD.iter().chain(&NO_ADDRESS) {
        let refused = client.check(address).await;
        assert!(refused.is_err(), "{address}");
        let sent = client.send(Method::GET, address, header::HeaderMap::new(), axum::body::Bytes::new()).await;
        assert!(sent.is_err(), "{address}");
    }
}
