//! `touchstone image hash FILE…`: the perceptual hash and quality of pictures.
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use imaging::{Fingerprint, Limits, decode, fingerprint};
use serde_json::json;

/// Work on picture files.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: ImageCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ImageCommand {
    /// Print path, PDQ hash (64 hexadecimal digits) and quality (0 to 100), separated by tabs
    Hash(HashArgs),
}

#[derive(Debug, clap::Args)]
struct HashArgs {
    /// Pictures: JPEG, PNG, WebP, GIF, BMP
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// One JSON object a line instead: path, hash, quality, width, height, or path, error, message
    #[arg(long)]
    json: bool,
}

/// Runs the command; the exit code is 1 if any file failed.
///
/// # Errors
/// Only when the output cannot be written. A bad picture is reported on its own line and the rest goes on.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let ImageCommand::Hash(hash) = &args.command;
    print_hashes(hash, &mut std::io::stdout().lock(), &mut std::io::stderr().lock())
}

fn print_hashes(args: &HashArgs, out: &mut impl Write, errors: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut failed = false;
    for file in &args.files {
        let path = file.display();
        match hash_file(file) {
            Ok(Hashed { print, width, height }) if args.json => {
                let (hash, quality) = (print.hash.to_string(), print.quality);
                let line = json!({"path": path.to_string(), "hash": hash, "quality": quality, "width": width, "height": height});
                writeln!(out, "{line}")?;
            }
            Ok(Hashed { print, .. }) => writeln!(out, "{path}\t{}\t{}", print.hash, print.quality)?,
            Err(refusal) => {
                failed = true;
                if args.json {
                    let line = json!({"path": path.to_string(), "error": refusal.code, "message": refusal.message});
                    writeln!(out, "{line}")?;
                } else {
                    writeln!(errors, "{path}: {}", refusal.message)?;
                }
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

struct Hashed {
    print: Fingerprint,
    width: u32,
    height: u32,
}

struct Refusal {
    code: &'static str,
    message: String,
}

fn hash_file(file: &Path) -> Result<Hashed, Refusal> {
    let unreadable = |error: std::io::Error| Refusal { code: "file_unreadable", message: error.to_string() };
    let limits = Limits::default();
    let found = std::fs::metadata(file).map_err(unreadable)?;
    if found.is_dir() {
        return Err(Refusal { code: "file_unreadable", message: "is a folder; name its pictures".into() });
    }
    let refuse = |error: imaging::Error| Refusal { code: error.code(), message: error.to_string() };
    let length = usize::try_from(found.len()).unwrap_or(usize::MAX);
    if length > limits.file_bytes_max {
        return Err(refuse(imaging::Error::TooManyBytes { found: length, max: limits.file_bytes_max }));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let picture = decode(&bytes, name.as_deref(), &limits).map_err(refuse)?;
    Ok(Hashed { print: fingerprint(&picture), width: picture.width(), height: picture.height() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey bitmap of 8 × 8 pixels, written by hand: 54 bytes of header and 192 of pixels.
    fn bitmap() -> Vec<u8> {
        let mut bytes = b"BM".to_vec();
        for word in [246_u32, 0, 54, 40, 8, 8, 0x0018_0001, 0, 192, 2835, 2835, 0, 0] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend((0..192_u32).map(|index| (index * 37 % 251) as u8));
        bytes
    }

    fn printed(files: &[PathBuf], json: bool) -> (String, String, bool) {
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let args = HashArgs { files: files.to_vec(), json };
        let code = print_hashes(&args, &mut out, &mut errors).expect("written");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (text(out), text(errors), format!("{code:?}") == format!("{:?}", ExitCode::SUCCESS))
    }

    #[test]
    fn a_good_file_is_printed_and_a_bad_one_makes_the_exit_code_fail() {
        let folder = tempfile::tempdir().expect("folder");
        let (good, bad) = (folder.path().join("good.bmp"), folder.path().join("bad.png"));
        std::fs::write(&good, bitmap()).expect("file");
        std::fs::write(&bad, b"not a picture").expect("file");

        let (out, errors, fine) = printed(std::slice::from_ref(&good), false);
        let columns: Vec<&str> = out.trim_end().split('\t').collect();
        assert_eq!((columns.len(), columns[1].len(), errors.as_str(), fine), (3, 64, "", true), "{out}");

        let (out, errors, fine) = printed(&[bad.clone(), good.clone()], false);
        assert_eq!((out.lines().count(), errors.lines().count(), fine), (1, 1, false));
        assert!(errors.starts_with(&bad.display().to_string()));

        let (out, _, fine) = printed(&[folder.path().join("absent.jpg"), bad, good], true);
        let codes: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(
            (codes[0]["error"].as_str(), codes[1]["error"].as_str()),
            (Some("file_unreadable"), Some("image_unknown_kind"))
        );
        assert!(codes[2]["hash"].is_string() && !fine);
    }
}
