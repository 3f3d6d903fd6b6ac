//! A proof file from anywhere, checked step by step, so that a person can be told which step failed.

use kernel::Result;
use ledger::View as LedgerView;
use ledger::leaf::Leaf;
use tlog::{Trust, Verified, VerifyError, verify_proof_file};

/// What is checked, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The file can be read as a proof.
    File,
    /// The tree in it was signed with this log's key.
    Signature,
    /// The entry is in that tree.
    Inclusion,
    /// That tree is a beginning of the log as it stands now.
    History,
}

impl Check {
    /// Every check.
    pub const ALL: [Check; 4] = [Check::File, Check::Signature, Check::Inclusion, Check::History];

    /// Stable name, as in message ids (`proofs-check-file`).
    pub fn name(self) -> &'static str {
        match self {
            Check::File => "file",
            Check::Signature => "signature",
            Check::Inclusion => "inclusion",
            Check::History => "history",
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The first check that failed, with the technical reason; `None` when all passed.
    pub failed: Option<(Check, String)>,
    /// What was proved, when the file alone holds.
    pub verified: Option<Verified>,
    /// The leaf, where the entry is one of this product's.
    pub leaf: Option<Leaf>,
}

impl Verdict {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.failed.is_none()
    }

    /// How a check went: `Some(true)` passed, `Some(false)` failed, `None` not reached.
    pub fn outcome(&self, check: Check) -> Option<bool> {
        match &self.failed {
            None => Some(true),
            Some((failed, _)) if check < *failed => Some(true),
            Some((failed, _)) if check == *failed => Some(false),
            Some(_) => None,
        }
    }
}

/// Checks a proof file against this log.
///
/// # Errors
/// `internal` when the check itself cannot run. A file that does not hold is not an error.
pub async fn check(view: &LedgerView, file: Vec<u8>) -> Result<Verdict> {
    let view = view.clone();
    let verdict = tokio::task::spawn_blocking(move || check_now(&view, &file)).await;
    verdict.map_err(ground::Problem::internal)
}

fn check_now(view: &LedgerView, file: &[u8]) -> Verdict {
    // A file from before there were witnesses holds too: how many signed is shown, and not asked for here.
    let witnesses = view.witnesses().keys();
    let trust = Trust { origin: view.origin(), log_keys: view.verifiers(), witnesses: &witnesses, witnesses_needed: 0 };
    let verified = match verify_proof_file(file, None, &trust) {
        Ok(verified) => verified,
        Err(error) => {
            let check = match &error {
                VerifyError::File(_) | VerifyError::NoEntry | VerifyError::OtherEntry => Check::File,
                VerifyError::Checkpoint(_) | VerifyError::Witness(_) | VerifyError::Witnesses { .. } => {
                    Check::Signature
                }
                VerifyError::Inclusion(_) => Check::Inclusion,
            };
            return Verdict { failed: Some((check, error.to_string())), verified: None, leaf: None };
        }
    };
    let expected = verified.checkpoint.root;
    let history = match view.root(verified.checkpoint.size) {
        Ok(root) if root == expected => None,
        Ok(root) => {
            Some(format!("the log has root {root} at size {}, the file says {expected}", verified.checkpoint.size))
        }
        Err(error) => Some(error.to_string()),
    };
    Verdict {
        failed: history.map(|reason| (Check::History, reason)),
        leaf: Leaf::parse(&verified.entry).ok(),
        verified: Some(verified),
    }
}
