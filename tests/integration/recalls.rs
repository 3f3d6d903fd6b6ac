//! Public recall notices load into the bank.

use crate::commands::touchstone;
use crate::shared::shared;

#[test]
fn public_recall_notices_load_and_load_again_without_doubles() {
    let Some(folder) = shared("screening/recalls") else { return };
    let data = tempfile::tempdir().unwrap();
    for round in ["first", "second"] {
        for file in ["safety-gate-200.jsonl", "cpsc-11.tsv"] {
            let output = touchstone()
                .args(["recalls", "load"])
                .arg(folder.join(file))
                .arg("--data")
                .arg(data.path())
                .output()
                .unwrap();
            let told =
                format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success(), "{round} {file}: {told}");
            let expected = if file.starts_with("safety") { "200" } else { "11" };
            assert!(told.contains(expected), "{round} {file}: {told}");
        }
    }
}
