//! Policy files that are wrong: refused with file, line and column, and what is in force stays.

use super::*;

async fn manager(app: &App) -> Client {
    app.signed_in(Role::Manager, "manager").await.unwrap()
}

fn row(id: &str, more: &str) -> String {
    format!("  - id: {id}\n    from: 2020-01-01\n{more}")
}

async fn checked(client: &Client, path: &str, text: &str) -> Answer {
    client.post_json("/v1/policies/cn/check", &json!({ "files": [{ "path": path, "text": text }] })).await.unwrap()
}

/// Shipped files with one of them changed.
fn shipped(change: impl Fn(&str, String) -> String) -> Vec<Value> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/cn");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let name = format!("cn/{}", path.file_name().unwrap().to_string_lossy());
        json!({ "path": name, "text": change(&name, std::fs::read_to_string(path).unwrap()) })
    };
    files.iter().filter(|path| path.extension().is_some_and(|end| end == "yaml")).map(read).collect()
}

#[tokio::test]
async fn the_shipped_files_pass_the_same_door() {
    let app = App::start().await.unwrap();
    let manager = manager(&app).await;
    let answer =
        manager.post_json("/v1/policies/cn/check", &json!({ "files": shipped(|_, text| text) })).await.unwrap();
    answer.ok().unwrap();
}

#[tokio::test]
async fn a_broken_file_names_its_line_and_what_would_be_right() {
    let app = App::start().await.unwrap();
    let manager = manager(&app).await;
    let first_row = |text: &str| {
        let start = text.find("\n  - id: ").or_else(|| text.find("\n- id: ")).expect("rows") + 1;
        let end = text[start + 5..].find("- id: ").map_or(text.len(), |at| start + 5 + at);
        let end = text[..end].rfind('\n').map_or(end, |at| at + 1);
        text[start..end].to_owned()
    };
    type Change = Box<dyn Fn(String) -> String>;
    let twice = move |text: String| {
        let row = first_row(&text);
        text.replacen(&row, &format!("{row}{row}"), 1)
    };
    let cases: Vec<(&str, Change)> = vec![
        ("an unknown column", Box::new(|text| text.replacen("    from:", "    form: x\n    from:", 1))),
        ("no such day", Box::new(|text| text.replacen("from: 20", "from: 2020-02-30 # 20", 1))),
        ("the same row over the same days", Box::new(twice)),
        ("a tab", Box::new(|text| text.replacen("    from:", "\tfrom:", 1))),
        ("no list", Box::new(|text| text.replacen("rows:", "rows: 7\nrest:", 1))),
        ("a condition that is none", Box::new(|text| text.replacen("    from:", "    when: 'title.('\n    from:", 1))),
        (
            "a condition over what is not there",
            Box::new(|text| text.replacen("    from:", "    when: 'no_such_fact > 3'\n    from:", 1)),
        ),
        ("nothing", Box::new(|_| String::new())),
        ("no YAML", Box::new(|_| "{{{{".to_owned())),
        ("a binary file", Box::new(|_| "\u{0}\u{1}\u{2}".to_owned())),
    ];
    let mut wrong = Vec::new();
    for (name, change) in cases {
        pass(&app);
        let files = shipped(|file, text| if file == "cn/claims-absolute.yaml" { change(text) } else { text });
        for (client, chinese) in [(manager.clone(), true), (manager.clone().in_english(), false)] {
            let answer = client.post_json("/v1/policies/cn/check", &json!({ "files": files })).await.unwrap();
            let body = answer.json().unwrap();
            let fault = &body["errors"][0];
            let placed = fault["file"].as_str().is_some_and(|file| file.contains("claims-absolute"))
                && fault["line"].as_u64().is_some();
            if answer.status.as_u16() != 422 || (!placed && name != "nothing") {
                wrong.push(format!(
                    "{name}: {} {}",
                    answer.status,
                    answer.text().chars().take(400).collect::<String>()
                ));
            }
            wrong.extend(flaws(&answer, chinese).into_iter().map(|flaw| format!("{name}: {flaw}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_bomb_of_aliases_cycles_and_depths_is_refused_at_once() {
    let app = App::start().await.unwrap();
    let manager = manager(&app).await;
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let before = format!("*a{},", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(',')));
    }
    let deep = format!("rows: {}", "[".repeat(50_000));
    let nested = (0..5_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>();
    let cycle = "a: &a\n  b: *a\nrows: *a\n".to_owned();
    let merge = "a: &a {<<: *a}\n".to_owned();
    let tag = "rows: !!python/object/apply:os.system ['id']\n".to_owned();
    let million = format!("table: claims\nrows:\n{}", row(&"好".repeat(600_000), ""));
    for (name, text) in [
        ("aliases", bomb),
        ("depth", deep),
        ("nesting", nested),
        ("cycle", cycle),
        ("merge", merge),
        ("tag", tag),
        ("a long id", million),
    ] {
        for path in ["cn/claims-absolute.yaml", "../../etc/passwd", "cn/../us/x.yaml", "/etc/passwd", ""] {
            let answer = checked(&manager, path, &text).await;
            assert!(
                matches!(answer.status.as_u16(), 400 | 413 | 422),
                "{name} {path}: {} {}",
                answer.status,
                answer.text().chars().take(300).collect::<String>()
            );
            assert_eq!(flaws(&answer, true), Vec::<String>::new(), "{name} {path}");
        }
    }
}

#[tokio::test]
async fn rows_that_extend_each_other_in_a_circle_are_refused() {
    let app = App::start().await.unwrap();
    let manager = manager(&app).await;
    let circle = |text: String| {
        let text = text.replacen(
            "- id: cn-claims-absolute-statutory\n",
            "- id: cn-claims-absolute-statutory\n    extends: cn-claims-absolute-ranking\n",
            1,
        );
        text.replacen(
            "- id: cn-claims-absolute-ranking\n",
            "- id: cn-claims-absolute-ranking\n    extends: cn-claims-absolute-statutory\n",
            1,
        )
    };
    let files = shipped(|file, text| if file == "cn/claims-absolute.yaml" { circle(text) } else { text });
    let answer = manager.post_json("/v1/policies/cn/check", &json!({ "files": files })).await.unwrap();
    assert_eq!(answer.status.as_u16(), 422, "{}", answer.text());
    assert_eq!(flaws(&answer, true), Vec::<String>::new());
    assert!(answer.text().contains("cn-claims-absolute-ranking"), "{}", answer.text());
}

#[tokio::test]
async fn a_refused_version_changes_nothing_in_force() {
    let app = App::start().await.unwrap();
    let manager = manager(&app).await;
    let before = manager.get("/v1/policies/cn").await.unwrap().ok().unwrap();
    let versions = |body: &Value| body["total"].as_u64();
    let kept = manager.get("/v1/policies/cn/versions").await.unwrap().ok().unwrap();
    let broken = shipped(|_, text| text.replacen("    from:", "    form:", 1));
    for (base, files) in [
        (before["version_id"].clone(), broken),
        (json!("no-such-version"), shipped(|_, text| text)),
        (before["version_id"].clone(), Vec::new()),
    ] {
        let answer = manager
            .post_json("/v1/policy-versions", &json!({ "base": base, "note": "x", "files": files }))
            .await
            .unwrap();
        assert!(answer.status.is_client_error(), "{}", answer.text());
        assert_eq!(flaws(&answer, true), Vec::<String>::new());
    }
    assert_eq!(manager.get("/v1/policies/cn").await.unwrap().ok().unwrap(), before);
    assert_eq!(versions(&manager.get("/v1/policies/cn/versions").await.unwrap().ok().unwrap()), versions(&kept));
}
