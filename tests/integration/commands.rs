//! The commands, run as a person runs them.

use crate::shared::shared;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Output, Stdio};

pub fn touchstone() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchstone"));
    command
        .current_dir(std::env::temp_dir())
        .env_remove("TOUCHSTONE_TEST_POSTGRES")
        .env_remove("TOUCHSTONE_TEST_MYSQL");
    command
}

fn piped(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = touchstone()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("an input");
    // The command answers while it reads: both ends have to move.
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).expect("the command reads"));
        child.wait_with_output().expect("the command ends")
    })
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn finding<'a>(line: &'a Value, check: &str) -> &'a Value {
    let all = line["findings"].as_array().expect("findings");
    all.iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("no {check} finding in {line}"))
}

#[test]
fn screen_reads_standard_input_and_marks_the_very_words() {
    let title = "国家级品质 保湿面霜";
    let input = format!(
        "{}\n{}\n",
        json!({"id": "a", "title": title, "category": "cosmetics/skincare", "price_minor": 8900, "currency": "CNY",
               "attributes": {"备案编号": "粤G妆网备字2023012345"}}),
        json!({"id": "b", "title": "纯棉圆领短袖T恤女 M码", "category": "apparel/women", "price_minor": 7900, "currency": "CNY"}),
    );
    let output = piped(&["screen"], input.as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["id"], &lines[1]["id"]), (&json!("a"), &json!("b")), "lines answer in the order they came");
    let found = finding(&lines[0], "claims");
    assert_eq!(found["field"], "title");
    let (start, end) = (found["start"].as_u64().unwrap() as usize, found["end"].as_u64().unwrap() as usize);
    let marked: String = title.chars().skip(start).take(end - start).collect();
    assert_eq!(json!(marked), found["text"], "the span is counted in characters of the original");
    assert_ne!(lines[0]["decision"], "pass");
    assert_eq!(lines[1]["decision"], "pass", "{}", lines[1]);
    for key in ["check", "rule", "severity", "field", "start", "end", "text", "reason", "basis"] {
        assert!(found.get(key).is_some(), "{key} is missing in {found}");
    }
}

#[test]
fn a_bad_line_is_answered_with_its_number_and_the_rest_goes_on() {
    let output = piped(
        &["screen"],
        "{\"id\":\"a\",\"title\":\"棉袜\"}\nnot json\n{\"id\":\"c\",\"title\":\"毛巾\"}\n".as_bytes(),
    );
    let lines = lines(&output);
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1]["line"], 2);
    assert!(lines[1]["error"].is_string() || lines[1]["error"].is_object(), "{}", lines[1]);
    assert_eq!(lines[2]["id"], "c");
    assert!(!output.status.success(), "a script must notice");
}

#[test]
fn a_million_character_title_is_refused_in_words() {
    let input = format!("{}\n", json!({"id": "a", "title": "好".repeat(1_000_000)}));
    let output = piped(&["screen"], input.as_bytes());
    let line = &lines(&output)[0];
    assert!(line["decision"] == "reject" || !line["error"].is_null(), "{}", &line.to_string()[..200]);
    assert!(line.to_string().len() < 20_000, "the answer repeats the title");
}

#[test]
fn generated_listings_are_screened_whole() {
    let generated = piped(&["generate", "--count", "500", "--seed", "7"], b"");
    assert!(generated.status.success());
    let output = piped(&["screen", "--in", "-"], &generated.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = lines(&output);
    assert_eq!(lines.len(), 500);
    let decided = |wanted: &str| lines.iter().filter(|line| line["decision"] == wanted).count();
    assert!(
        decided("pass") > 200,
        "pass {} review {} reject {}",
        decided("pass"),
        decided("review"),
        decided("reject")
    );
    assert!(decided("reject") > 0);
}

#[test]
fn image_hash_agrees_with_the_reference_where_quality_is_good() {
    let Some(folder) = shared("screening/pdq") else { return };
    let reference = std::fs::read_to_string(folder.join("reference.csv")).unwrap();
    let mut compared = 0;
    for line in reference.lines().skip(1) {
        let mut cells = line.splitn(3, ',');
        let (Some(hash), Some(quality), Some(name)) = (cells.next(), cells.next(), cells.next()) else { continue };
        let file = folder.join("images").join(name);
        let quality: u32 = quality.parse().unwrap();
        if !file.exists() || quality < 80 {
            continue;
        }
        let output = touchstone().args(["image", "hash"]).arg(&file).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let ours = printed.trim().split('\t').nth(1).unwrap_or_else(|| panic!("{printed}"));
        let distance: u32 = (0..64)
            .map(|at| {
                let digit = |text: &str| u32::from_str_radix(&text[at..=at], 16).unwrap();
                (digit(ours) ^ digit(hash)).count_ones()
            })
            .sum();
        assert!(distance <= 10, "{name}: {distance} bits from the reference");
        compared += 1;
    }
    assert!(compared >= 5, "only {compared} pictures were compared");
}

#[test]
fn config_check_explains_and_names_the_nearest_key() {
    let folder = tempfile::tempdir().unwrap();
    let output = touchstone().args(["config", "check"]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(folder.path().join("touchstone.toml"), "[server]\nprot = 1\n").unwrap();
    let output = touchstone().args(["config", "check"]).current_dir(folder.path()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean port?"));
}

#[test]
fn the_shipped_policies_pass_their_own_tests() {
    let policies = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    for what in ["check", "test"] {
        let output = touchstone().args(["policy", what]).arg(&policies).output().unwrap();
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "policy {what}: {told}");
        for market in ["cn", "us", "eu"] {
            assert!(told.contains(market), "policy {what} says nothing of {market}: {told}");
        }
    }
}
