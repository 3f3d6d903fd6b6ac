//! Links in the documents lead somewhere.

use crate::{files_below, root, shown};

#[test]
fn every_relative_link_of_a_document_exists() {
    let link = regex::Regex::new(r"\]\(([^)#\s]+)(#[^)]*)?\)").expect("a pattern");
    let mut broken = Vec::new();
    for path in files_below(&root(), &[".md"]) {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        for found in link.captures_iter(&text) {
            let target = &found[1];
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if !path.parent().expect("a folder").join(target).exists() {
                broken.push(format!("{}: {target}", shown(&path)));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere: {broken:#?}");
}

#[test]
fn architecture_names_every_crate() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    for floor in ["platform", "engines", "slices"] {
        for entry in std::fs::read_dir(root().join(floor)).expect("a floor").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            assert!(text.contains(&format!("{name}/")), "ARCHITECTURE.md does not name {floor}/{name}/");
        }
    }
}
