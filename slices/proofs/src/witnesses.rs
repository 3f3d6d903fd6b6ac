//! The asking of witnesses: new trees are sent to each, and what they sign is kept beside the log.
//!
//! The addresses are the operator's own settings, so they may be private or loopback ones: a witness of the same house.

use bytes::Bytes;
use ground::Timestamp;
use ground::time::SECOND_MICROS;
use kernel::{Job, Kernel, Result};
use ledger::cosign::{Cosigning, Round, Standing, Taken};
use ledger::{Ledger, WitnessPolicy};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use web::outbound::Client;

/// Name of the job, for those who wake it.
pub const JOB: &str = "ledger-witnesses";
/// How often new trees are shown, seconds.
const SHOW_SECONDS: u64 = 2;
/// Pause after a failure before a witness is asked again, seconds.
const RETRY_SECONDS: i64 = 20;
/// Times a witness is asked in one turn: once, and again from the size it names.
const ASKED_MAX: usize = 2;

/// How the witnesses stand, kept for the pages.
#[derive(Debug, Default)]
pub struct Standings(Mutex<Vec<Standing>>);

impl Standings {
    /// The newest standings; empty before the first round and without witnesses.
    pub fn list(&self) -> Vec<Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Host and port of an address, as an exception to the rule that only public addresses are called.
pub fn host_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

/// The addresses of a policy, each checked for its form.
///
/// # Errors
/// Which address is wrong, as text.
pub fn check_addresses(policy: &WitnessPolicy, client: &Client) -> Result<(), String> {
    for peer in &policy.peers {
        client.parse(&peer.url).map_err(|error| format!("witness {}: {error}", peer.key.name()))?;
    }
    Ok(())
}

/// The job that asks.
pub fn job(ledger: &Ledger, client: Client) -> Job {
    let cosigning = Arc::new(Cosigning::in_folder(ledger.view().clone(), ledger.folder()));
    let pauses: Arc<Mutex<HashMap<usize, Timestamp>>> = Arc::default();
    Job::new(JOB, Duration::from_secs(SHOW_SECONDS), move |kernel| {
        let (cosigning, client, pauses) = (Arc::clone(&cosigning), client.clone(), Arc::clone(&pauses));
        async move {
            turn(&kernel, &cosigning, &client, &pauses).await?;
            Ok(0)
        }
    })
}

async fn turn(
    kernel: &Kernel,
    cosigning: &Arc<Cosigning>,
    client: &Client,
    pauses: &Mutex<HashMap<usize, Timestamp>>,
) -> Result<()> {
    let asking = Arc::clone(cosigning);
    let round = tokio::task::spawn_blocking(move || asking.round()).await.map_err(ground::Problem::internal)??;
    let Some(mut round) = round else { return Ok(()) };
    let now = kernel.now();
    let due = |peer: &usize| {
        let pauses = pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.get(peer).is_none_or(|until| *until <= now)
    };
    let peers: Vec<usize> = cosigning.missing(&round).into_iter().filter(due).collect();
    let shown = round.clone();
    let answers = futures::future::join_all(peers.iter().map(|peer| ask(cosigning, client, &shown, *peer))).await;
    for (peer, answer) in peers.into_iter().zip(answers) {
        let taken = match answer {
            Ok((status, body)) => cosigning.take(&mut round, peer, status, &body),
            Err(reason) => {
                cosigning.unreachable(peer, &reason);
                Taken::Refused(reason)
            }
        };
        let witness = cosigning.policy().peers[peer].key.name();
        match taken {
            Taken::Signed { .. } => continue,
            Taken::OtherHistory(reason) => {
                tracing::error!(witness, reason, "a witness saw another history of this ledger");
            }
            Taken::AskAgain => {}
            Taken::Refused(reason) => tracing::warn!(witness, reason, "a witness did not sign"),
        }
        let until = now.plus_micros(RETRY_SECONDS * SECOND_MICROS);
        pauses.lock().unwrap_or_else(PoisonError::into_inner).insert(peer, until);
    }
    let keeping = Arc::clone(cosigning);
    tokio::task::spawn_blocking(move || keeping.keep(&round)).await.map_err(ground::Problem::internal)??;
    *kernel.memory::<Standings>().0.lock().unwrap_or_else(PoisonError::into_inner) = cosigning.standings();
    Ok(())
}

/// Asks one witness, again from the size it names after a conflict. Returns its last answer.
async fn ask(cosigning: &Arc<Cosigning>, client: &Client, round: &Round, peer: usize) -> Result<(u16, Bytes), String> {
    let address = format!("{}/{}", cosigning.policy().peers[peer].url, tlog::witness::PATH);
    for _ in 1..ASKED_MAX {
        let answer = show(cosigning, client, round, peer, &address).await?;
        // A conflict is taken on a copy: it only teaches the size to ask from.
        let again = answer.0 == 409 && cosigning.take(&mut round.clone(), peer, answer.0, &answer.1) == Taken::AskAgain;
        if !again {
            return Ok(answer);
        }
    }
    show(cosigning, client, round, peer, &address).await
}

async fn show(
    cosigning: &Arc<Cosigning>,
    client: &Client,
    round: &Round,
    peer: usize,
    address: &str,
) -> Result<(u16, Bytes), String> {
    let (making, shown) = (Arc::clone(cosigning), round.clone());
    let message = tokio::task::spawn_blocking(move || making.message(&shown, peer)).await;
    let message = message.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))]);
    let sent = client.send(Method::POST, address, headers, Bytes::from(message.to_string())).await;
    let answer = sent.map_err(|error| error.to_string())?;
    Ok((answer.status, answer.body))
}
