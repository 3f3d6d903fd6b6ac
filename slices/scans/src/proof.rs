//! “Verify it yourself”: the acts behind a page with their proofs, the signed checkpoint and the public key, in one file.

use crate::address::Address;
use crate::known::{self, Known};
use crate::model::unit_id;
use ground::Problem;
use kernel::{ActRecord, Kernel, Result};
use ledger::View as LedgerView;
use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;

/// Acts of one file.
const ACTS_MAX: usize = 200;
/// Acts asked for of one thing.
const HISTORY_MAX: u64 = 100;

/// The file: `README.txt`, `verifier.key`, `checkpoint`, and for each act a proof (C2SP tlog-proof) that holds its leaf.
///
/// # Errors
/// `not_found` where there is nothing to prove; `ledger_not_yet` before the first of its acts is in a published tree; what
/// the ledger says.
pub async fn bundle(kernel: &Kernel, view: &LedgerView, address: &Address) -> Result<Vec<u8>> {
    let known = known::of(kernel, address).await?;
    if known.lot.is_none() {
        return Err(Problem::not_found());
    }
    let acts = acts(kernel, &known).await?;
    let mut proofs = Vec::new();
    let mut waiting = 0;
    for act in acts {
        match ledger::proof::prove(kernel, view, &act.id).await {
            Ok(proof) => proofs.push((act, proof.file)),
            Err(problem) if *problem.code == ledger::NOT_YET => waiting += 1,
            Err(problem) => return Err(problem),
        }
    }
    if proofs.is_empty() {
        return Err(if waiting > 0 { Problem::new(&ledger::NOT_YET) } else { Problem::not_found() });
    }
    let reading = view.clone();
    let head = tokio::task::spawn_blocking(move || reading.head()).await.map_err(Problem::internal)??;
    let (checkpoint, key) = (head.note.to_string(), view.verifier_text());
    let readme = readme(&known, &proofs, waiting);
    tokio::task::spawn_blocking(move || packed(&readme, &key, &checkpoint, &proofs)).await.map_err(Problem::internal)?
}

/// The acts the page rests on: those of the lot, its papers and recalls, its journey, and warnings about the unit; in the
/// order in which they were written.
async fn acts(kernel: &Kernel, known: &Known) -> Result<Vec<ActRecord>> {
    let mut found: BTreeMap<String, ActRecord> = BTreeMap::new();
    let mut things: Vec<(&str, String)> = Vec::new();
    if let Some(lot) = &known.lot {
        things.push(("lot", lot.id.clone()));
    }
    things.extend(known.reports.iter().map(|report| ("report", report.id.clone())));
    things.extend(known.recalls.iter().map(|recall| ("recall", recall.id.clone())));
    if let Some(serial) = &known.address.serial {
        things.push(("unit", unit_id(known.address.gtin.as_str(), serial)));
    }
    for (kind, id) in things {
        for act in kernel::store::history(kernel, kind, &id, HISTORY_MAX).await? {
            found.insert(act.id.clone(), act);
        }
    }
    let unit = known.unit.as_ref();
    let single = [
        unit.and_then(|unit| unit.batch.as_ref()).map(|batch| batch.act_id.clone()),
        unit.and_then(|unit| unit.commissioned.as_ref()).map(|turn| turn.act_id.clone()),
        unit.and_then(|unit| unit.decommissioned.as_ref()).map(|turn| turn.act_id.clone()),
    ];
    let journey = known.journey.iter().filter_map(|step| step.act_id.clone());
    for id in single.into_iter().flatten().chain(journey) {
        if !found.contains_key(&id)
            && let Some(act) = kernel::store::act(kernel, &id).await?
        {
            found.insert(id, act);
        }
    }
    let mut acts: Vec<ActRecord> = found.into_values().collect();
    acts.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    acts.truncate(ACTS_MAX);
    Ok(acts)
}

fn file_name(number: usize, act: &ActRecord) -> String {
    let kind: String = act.kind.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    format!("proofs/{:03}-{kind}.tlog-proof", number + 1)
}

/// In both languages: who holds the file may be anywhere.
fn readme(known: &Known, proofs: &[(ActRecord, String)], waiting: usize) -> String {
    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    line("Touchstone 试金石");
    line("");
    line(&known.address.canonical());
    line("");
    line("这份文件里有与该商品有关的每一条记录。每个 .tlog-proof 文件含一条记录的原文，以及它在公开台账中的证明：");
    line("从这条记录出发，逐级计算哈希，得到已签名检查点里的根。任何人改动过记录，根就对不上。");
    line("验证：在任意一台装有 touchstone 的电脑上运行下面的命令，无需联网；或把文件交给本站的“验证”页面。");
    line("");
    line(
        "This file holds every record about the goods. Each .tlog-proof has the text of one record and its proof in the",
    );
    line(
        "public ledger: hashing upwards from the record gives the root in the signed checkpoint. Had anybody changed the",
    );
    line(
        "record, the root would differ. To check it, run the command below on any computer with touchstone, offline; or",
    );
    line("hand the file to the page “Verify” of this site.");
    line("");
    line("    touchstone ledger verify proofs/001-….tlog-proof");
    line("");
    line("verifier.key   公钥 / public key of the ledger");
    line("checkpoint     签名的检查点（含见证签名） / signed checkpoint with its cosignatures");
    line("");
    for (number, (act, _)) in proofs.iter().enumerate() {
        line(&format!("{}  {}  {}", file_name(number, act), act.at.to_rfc3339(), act.kind));
    }
    if waiting > 0 {
        line("");
        line(&format!(
            "{waiting} 条新记录尚未进入已发布的台账，稍后再下载即可 / {waiting} newer records are not yet published; download again in a moment"
        ));
    }
    text
}

fn packed(readme: &str, key: &str, checkpoint: &str, proofs: &[(ActRecord, String)]) -> Result<Vec<u8>> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    let mut add = |name: &str, content: &str| {
        out.start_file(name, options).map_err(Problem::internal)?;
        out.write_all(content.as_bytes()).map_err(Problem::internal)
    };
    add("README.txt", readme)?;
    add("verifier.key", key)?;
    add("proofs/verifier.key", key)?;
    add("checkpoint", checkpoint)?;
    for (number, (act, file)) in proofs.iter().enumerate() {
        add(&file_name(number, act), file)?;
    }
    Ok(out.finish().map_err(Problem::internal)?.into_inner())
}
