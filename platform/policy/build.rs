//! Puts the packs of `policies/` into the binary, so that it needs no files beside it.
//!
//! Every path is relative to this package: two working copies that share a target folder must not read each other's packs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const ROOT: &str = "../../policies";

fn main() -> std::io::Result<()> {
    let mut code = String::from("static SHIPPED_FILES: &[(&str, &str, &str)] = &[\n");
    println!("cargo::rerun-if-changed={ROOT}");
    for market in entries(Path::new(ROOT))? {
        if !market.is_dir() {
            continue;
        }
        println!("cargo::rerun-if-changed={}", market.display());
        for file in entries(&market)? {
            if file.extension().is_some_and(|ext| ext == "yaml") {
                println!("cargo::rerun-if-changed={}", file.display());
                let name = name_of(&market);
                let shown = format!("{name}/{}", name_of(&file));
                let path = format!("/{ROOT}/{shown}");
                // Writing to a String cannot fail.
                let _ = writeln!(
                    code,
                    "    ({name:?}, {shown:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),"
                );
            }
        }
    }
    code.push_str("];\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    std::fs::write(out.join("shipped.rs"), code)
}

fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
