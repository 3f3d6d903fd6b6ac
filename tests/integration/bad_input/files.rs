//! Uploaded pictures and documents: what they are is told by their content, and they are only that.

use super::*;
use axum::http::StatusCode;
use bytes_of::*;
use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Small pictures and things that look like pictures.
mod bytes_of {
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(data);
        let length = u32::try_from(data.len()).unwrap();
        [&length.to_be_bytes()[..], kind, data, &crc.sum().to_be_bytes()[..]].concat()
    }

    /// A grey PNG of any announced size; `rows` of it are really there.
    pub fn png(width: u32, height: u32, rows: u32) -> Vec<u8> {
        let mut pixels = ZlibEncoder::new(Vec::new(), Compression::best());
        let row = vec![0u8; width as usize + 1];
        for _ in 0..rows {
            pixels.write_all(&row).unwrap();
        }
        let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
        head.extend([8, 0, 0, 0, 0]);
        [
            &b"\x89PNG\r\n\x1a\n"[..],
            &chunk(b"IHDR", &head),
            &chunk(b"IDAT", &pixels.finish().unwrap()),
            &chunk(b"IEND", b""),
        ]
        .concat()
    }

    /// A GIF whose bytes are also a program: its width reads `/*`.
    pub fn gif_program() -> Vec<u8> {
        [&b"GIF89a/*\x01\x00\x00\x00\x00"[..], b"*/=1;alert(document.cookie)//", b"\x3b"].concat()
    }

    /// A stored ZIP archive of one empty file.
    pub fn archive() -> Vec<u8> {
        let name = b"evil.exe";
        let length = (name.len() as u16).to_le_bytes();
        let local = [
            &b"PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"[..],
            &length,
            &[0, 0],
            name,
        ]
        .concat();
        let central = [&b"PK\x01\x02\x14\x00\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"[..], &length, &[0; 16], name].concat();
        let end = [
            &b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00"[..],
            &(central.len() as u32).to_le_bytes(),
            &(local.len() as u32).to_le_bytes(),
            &[0, 0],
        ]
        .concat();
        [local, central, end].concat()
    }
}

async fn picture(door: &Client, name: &str, content: &[u8]) -> Answer {
    door.post_files("/v1/pictures", &[], &[("file", name, "image/jpeg", content)]).await.unwrap()
}

#[tokio::test]
async fn what_is_not_a_picture_alone_is_not_kept() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let good = png(64, 64, 64);
    assert_eq!(picture(&shop.door, "good.png", &good).await.status, StatusCode::CREATED);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("page.jpg", b"<html><script>alert(1)</script></html>".to_vec()),
        ("page.jpg", [b"\xFF\xD8\xFF\xE0".as_slice(), b"<html><script>alert(1)</script></html>"].concat()),
        ("program.gif", gif_program()),
        ("archive.png", [good.clone(), archive()].concat()),
        ("page.png", [good.clone(), b"<script>alert(1)</script>".to_vec()].concat()),
        ("cut.png", good[..good.len() - 20].to_vec()),
        ("bomb.png", png(65_000, 65_000, 10)),
        ("wide.png", png(u32::MAX >> 1, 1, 0).to_vec()),
        ("nothing.png", Vec::new()),
        ("vector.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec()),
        ("program.exe", b"MZ\x90\x00".to_vec()),
        ("paper.pdf", honest(0).papers[0].file.clone()),
    ];
    for (name, content) in cases {
        let answer = picture(&shop.door, name, &content).await;
        assert!(matches!(answer.status.as_u16(), 413 | 415 | 422), "{name}: {} {}", answer.status, answer.text());
        assert_eq!(flaws(&answer, true), Vec::<String>::new(), "{name}");
        assert_eq!(flaws(&picture(&shop.door.clone().in_english(), name, &content).await, false), Vec::<String>::new());
    }
    for hash in ["x", "../../etc/passwd", &"0".repeat(64), &"Z".repeat(64)] {
        let body = with(goods(&shop.merchant), &[("images", json!([hash]))]);
        refused(&shop.door.post_json("/v1/listings", &body).await.unwrap(), 422, "invalid_input");
    }
    for path in [
        "/pictures/listings/..%2f..%2fetc%2fpasswd",
        "/pictures/listings/x",
        "/documents/listings/x/0",
        "/documents/listings/x/-1",
    ] {
        assert_eq!(shop.door.get(path).await.unwrap().status, StatusCode::NOT_FOUND, "{path}");
    }
}

fn paper<'a>(shop: &'a Shop, until: &'a str, number: &'a str) -> [(&'a str, &'a str); 6] {
    let paper = &shop.merchant.papers[0];
    [
        ("kind", &paper.kind),
        ("number", number),
        ("holder", &paper.holder),
        ("issuer", &paper.issuer),
        ("valid_from", "2020-01-01"),
        ("valid_until", until),
    ]
}

#[tokio::test]
async fn what_is_not_a_document_alone_is_not_kept() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let path = format!("/v1/merchants/{}/qualifications", shop.id);
    let before = shop.door.get(&path).await.unwrap().ok().unwrap().as_array().unwrap().len();
    let pdf = shop.merchant.papers[0].file.clone();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("archive.pdf", [pdf.clone(), archive()].concat()),
        ("page.jpg", [b"\xFF\xD8\xFF\xE0".as_slice(), b"<html><script>alert(1)</script></html>"].concat()),
        ("page.pdf", b"<html><script>alert(1)</script></html>".to_vec()),
        ("bomb.png", png(65_000, 65_000, 10)),
        ("program.pdf", b"MZ\x90\x00".to_vec()),
        ("nothing.pdf", Vec::new()),
    ];
    for (name, content) in cases {
        let fields = paper(&shop, "2030-01-01", &shop.merchant.papers[0].number);
        let answer =
            shop.door.post_files(&path, &fields, &[("file", name, "application/pdf", &content)]).await.unwrap();
        assert!(matches!(answer.status.as_u16(), 413 | 415 | 422), "{name}: {} {}", answer.status, answer.text());
        assert_eq!(flaws(&answer, true), Vec::<String>::new(), "{name}");
    }
    for (until, number) in [
        ("2026-02-30", "x"),
        ("99999-01-01", "x"),
        ("2019-01-01", "x"),
        ("yesterday", "x"),
        ("2030-01-01", "\u{0}"),
        ("2030-01-01", "\u{202E}x"),
    ] {
        let fields = paper(&shop, until, number);
        let answer = shop.door.post_files(&path, &fields, &[("file", "a.pdf", "application/pdf", &pdf)]).await.unwrap();
        assert_eq!(answer.status.as_u16(), 422, "{until} {number:?}: {}", answer.text());
        assert_eq!(flaws(&answer, true), Vec::<String>::new());
    }
    let after = shop.door.get(&path).await.unwrap().ok().unwrap().as_array().unwrap().len();
    assert_eq!(after, before, "nothing of them was kept");
}

#[tokio::test]
async fn a_file_name_leads_nowhere() {
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let content = TABLE.as_bytes();
    for name in [
        "../../../../tmp/touchstone-evil.csv",
        "..\\..\\evil.csv",
        "/etc/cron.d/evil",
        "a\u{202E}vsc.exe",
        "<script>alert(1)</script>.csv",
    ] {
        let answer = shop
            .door
            .post_files("/v1/imports", &[("mapping", "touchstone")], &[("file", name, "text/csv", content)])
            .await
            .unwrap();
        let shown = answer.ok().unwrap()["file_name"].as_str().unwrap().to_owned();
        assert!(!shown.contains(['/', '\\', '\u{202E}']), "{shown:?}");
    }
    assert!(!std::path::Path::new("/tmp/touchstone-evil.csv").exists());
}

const TABLE: &str = "id,title,category\nA1,x,daily/home\n";

/// A body that goes on for as long as it is read, up to 2 GiB.
fn endless(head: &'static str, sent: Arc<AtomicU64>) -> Body {
    let piece = axum::body::Bytes::from(vec![b'x'; 1 << 20]);
    let pieces = futures::stream::iter(0..2048u32).map(move |_| {
        sent.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>(piece.clone())
    });
    Body::from_stream(futures::stream::once(async move { Ok(axum::body::Bytes::from(head)) }).chain(pieces))
}

#[tokio::test]
async fn two_gigabytes_are_turned_away_long_before_they_have_arrived() {
    const PART: &str =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n";
    const FIELD: &str = "--b\r\nContent-Disposition: form-data; name=\"mapping_text\"\r\n\r\n";
    let app = App::start().await.unwrap();
    let shop = enrolled(&app, 0, |_| {}).await.unwrap();
    let papers = format!("/v1/merchants/{}/qualifications", shop.id);
    for (path, kind, head) in [
        ("/v1/pictures", "multipart/form-data; boundary=b", PART),
        (papers.as_str(), "multipart/form-data; boundary=b", PART),
        ("/v1/imports", "multipart/form-data; boundary=b", FIELD),
        ("/v1/listings", "application/json", "{\"title\":\""),
        ("/merchant/listings/new", "multipart/form-data; boundary=b", PART),
        ("/merchant/enrol/company", "application/x-www-form-urlencoded", "legal_name="),
        ("/sign-in", "application/x-www-form-urlencoded", "login="),
        ("/verify", "multipart/form-data; boundary=b", PART),
    ] {
        let pieces = Arc::new(AtomicU64::new(0));
        let answer = raw(&shop.door, "POST", path, kind, endless(head, pieces.clone())).await;
        let read = pieces.load(Ordering::Relaxed);
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}: {}", answer.text());
        assert_eq!(flaws(&answer, true), Vec::<String>::new(), "{path}");
        assert!(read <= 64, "{path}: {read} MiB were read");
    }
    for path in ["/v1/imports", "/v1/pictures"] {
        let pieces = Arc::new(AtomicU64::new(0));
        let request =
            shop.door.request(Method::POST, path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        let request =
            request.header("x-csrf-token", shop.door.csrf()).header(header::CONTENT_LENGTH, (2u64 << 30).to_string());
        let answer = sent(&shop.door, request.body(endless(PART, pieces.clone())).unwrap()).await;
        refused(&answer, 413, "too_large");
        assert!(pieces.load(Ordering::Relaxed) <= 32, "{path}");
    }
}
