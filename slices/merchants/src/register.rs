//! Asking an external register (market regulator, trademark office, …) whether a paper is as stated.
//!
//! The adapter is one HTTP address and a mapping, set by the operator. It is asked with
//! `POST {"kind", "number", "holder", "uscc", "market"}` and answers JSON; the mapping says by JSON pointers (RFC 6901)
//! where in it stands what. Calls go through [`web::outbound::Client`]: public addresses only unless the operator allows
//! others, limits on time and size, no redirects.

use crate::Error;
use crate::matrix::Matrix;
use crate::model::{Finding, Qualification, QualificationState, RegisterState, State, Weight};
use crate::qualification::{about, confirm_in};
use crate::{check, decide, parameters, rules, store};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use ground::time::MINUTE_MICROS;
use jiff::civil::Date;
use kernel::{Actor, Kernel};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// First pause before the register is asked again, minutes; it doubles with every vain try.
pub const RETRY_MINUTES_MIN: i64 = 5;
/// Longest pause, minutes.
pub const RETRY_MINUTES_MAX: i64 = 24 * 60;

/// What is asked.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    /// Key of the kind of paper.
    pub kind: String,
    /// Number as on the paper.
    pub number: String,
    /// Holder as on the paper.
    pub holder: String,
    /// The merchant's register number.
    pub uscc: String,
    /// The market.
    pub market: String,
}

/// What a register says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Holder as the register has it; `None` where it does not say.
    pub holder: Option<String>,
    /// Last day as the register has it.
    pub valid_until: Option<Date>,
    /// Whether it is in force; `None` where it does not say.
    pub in_force: Option<bool>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The register has it, as follows.
    Found(Record),
    /// The register keeps this kind and has no such number.
    Unknown,
    /// The register does not keep this kind: a person confirms by hand.
    NotKept,
}

/// The register gave no usable answer; it is asked again later.
#[derive(Debug, thiserror::Error)]
#[error("the register gave no answer: {0}")]
pub struct Silent(pub String);

/// A register. Implemented over HTTP by [`HttpRegister`]; tests bring their own.
#[async_trait::async_trait]
pub trait Register: Send + Sync {
    /// Asks about one paper.
    async fn ask(&self, question: &Question) -> Result<Answer, Silent>;
}

/// The operator's settings of the HTTP adapter.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Address asked by POST.
    pub url: String,
    /// Header that carries the secret, for example `authorization`; none: no secret is sent.
    #[serde(default)]
    pub secret_header: String,
    /// Its value. Comes from a file or the environment.
    #[serde(default)]
    pub secret: String,
    /// Kinds of paper the register keeps; empty: all.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Where in the answer stands what.
    #[serde(default)]
    pub mapping: Mapping,
}

/// JSON pointers into the register's answer. An empty pointer: the register does not say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// A boolean, or anything that is not null where the number is known.
    pub found: String,
    /// The holder's name.
    pub holder: String,
    /// The last day: the first ten characters are read as `YYYY-MM-DD`.
    pub valid_until: String,
    /// The state of the paper.
    pub status: String,
    /// The values of `status` that mean in force.
    pub status_in_force: Vec<String>,
}

impl Default for Mapping {
    fn default() -> Self {
        Mapping {
            found: "/found".into(),
            holder: "/holder".into(),
            valid_until: "/valid_until".into(),
            status: "/status".into(),
            status_in_force: vec!["valid".into(), "有效".into(), "存续".into()],
        }
    }
}

impl Mapping {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`Silent`] when the answer does not say whether the number is known.
    pub fn read(&self, body: &Value) -> Result<Answer, Silent> {
        let at = |pointer: &str| if pointer.is_empty() { None } else { body.pointer(pointer) };
        match at(&self.found) {
            Some(Value::Bool(false) | Value::Null) => return Ok(Answer::Unknown),
            None if !self.found.is_empty() => return Err(Silent(format!("no {} in the answer", self.found))),
            _ => {}
        }
        let text = |pointer: &str| at(pointer).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        Ok(Answer::Found(Record {
            holder: text(&self.holder).map(|text| text.chars().take(300).collect()),
            valid_until: text(&self.valid_until).and_then(|text| text.get(..10)).and_then(|day| day.parse().ok()),
            in_force: text(&self.status).map(|status| self.status_in_force.iter().any(|good| good == status)),
        }))
    }
}

/// The register over HTTP.
pub struct HttpRegister {
    client: web::outbound::Client,
    settings: Settings,
}

impl HttpRegister {
    /// An adapter with these settings.
    pub fn new(client: web::outbound::Client, settings: Settings) -> Self {
        HttpRegister { client, settings }
    }
}

#[async_trait::async_trait]
impl Register for HttpRegister {
    async fn ask(&self, question: &Question) -> Result<Answer, Silent> {
        let kinds = &self.settings.kinds;
        if !kinds.is_empty() && !kinds.contains(&question.kind) {
            return Ok(Answer::NotKept);
        }
        let silent = |reason: &dyn std::fmt::Display| Silent(reason.to_string());
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        if !self.settings.secret_header.is_empty() {
            let name = HeaderName::try_from(self.settings.secret_header.as_str()).map_err(|e| silent(&e))?;
            let mut value = HeaderValue::try_from(self.settings.secret.as_str()).map_err(|e| silent(&e))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let body = serde_json::to_vec(question).map_err(|e| silent(&e))?;
        let answer =
            self.client.send(Method::POST, &self.settings.url, headers, body.into()).await.map_err(|e| silent(&e))?;
        match answer.status {
            200 => {
                let body: Value = serde_json::from_slice(&answer.body).map_err(|e| silent(&e))?;
                self.settings.mapping.read(&body)
            }
            404 => Ok(Answer::Unknown),
            status => Err(Silent(format!("status {status}"))),
        }
    }
}

/// Asks the register about every paper whose turn it is, at most `most`. Returns how many were settled one way or
/// another; a silent register settles nothing and is asked again later.
pub(crate) async fn ask_due(kernel: &Kernel, register: Option<&dyn Register>, most: u64) -> Result<u64, Error> {
    let mut settled = 0;
    let longest_wait = Duration::from_secs(parameters::register_timeout_seconds(kernel)?);
    for qualification in store::register_due(kernel.db().read(), kernel.now(), most).await? {
        let answer = match register {
            None => Ok(Answer::NotKept),
            Some(register) => {
                let question = question(kernel, &qualification).await?;
                let asked = tokio::time::timeout(longest_wait, register.ask(&question)).await;
                asked.unwrap_or_else(|_| Err(Silent(format!("no answer in {} s", longest_wait.as_secs()))))
            }
        };
        match answer {
            Ok(Answer::NotKept) => {
                store::settle_register(kernel.db(), &qualification.id, RegisterState::ByHand, 0, None).await?;
                settled += 1;
            }
            Ok(answer) => {
                settle(kernel, &qualification.id, answer).await?;
                settled += 1;
            }
            Err(silent) => {
                tracing::warn!(qualification = qualification.id, %silent, "a paper stays to be confirmed");
                let tries = qualification.register_tries + 1;
                let due = kernel.now().plus_micros(pause_minutes(tries) * MINUTE_MICROS);
                store::settle_register(kernel.db(), &qualification.id, RegisterState::Waiting, tries, Some(due))
                    .await?;
            }
        }
    }
    Ok(settled)
}

/// The pause after so many vain tries: 5, 10, 20, … minutes, at most a day.
pub fn pause_minutes(tries: i64) -> i64 {
    let doublings = u32::try_from(tries.clamp(1, 20) - 1).unwrap_or(0);
    (RETRY_MINUTES_MIN << doublings).min(RETRY_MINUTES_MAX)
}

async fn question(kernel: &Kernel, qualification: &Qualification) -> Result<Question, Error> {
    let merchant = store::merchant(kernel.db().read(), &qualification.merchant_id).await?.ok_or(Error::Missing)?;
    Ok(Question {
        kind: qualification.kind.clone(),
        number: qualification.number.clone(),
        holder: qualification.holder.clone(),
        uscc: merchant.company.uscc,
        market: merchant.market,
    })
}

/// Writes down what the register said. A confirmed paper of an enrolled merchant is confirmed at once where policy lets
/// the machine and nothing else is to be looked at; a paper that differs is opened to a person.
async fn settle(kernel: &Kernel, id: &str, answer: Answer) -> Result<(), Error> {
    let mut write = kernel.begin(&Actor::system("merchant-register")).await?;
    let Some(mut qualification) = store::qualification(write.tx(), id).await? else {
        return Ok(());
    };
    if qualification.register != RegisterState::Waiting {
        return Ok(());
    }
    let mut merchant = store::merchant(write.tx(), &qualification.merchant_id).await?.ok_or(Error::Missing)?;
    let differs = differences(&qualification, &answer, kernel.today());
    qualification.version += 1;
    qualification.register_due_at = None;
    qualification.register = if differs.is_empty() { RegisterState::Confirmed } else { RegisterState::Differs };
    qualification.findings.retain(|finding| finding.code != "register-differs");
    if let Some(difference) = differs.first() {
        let finding = Finding::new("register-differs", Weight::Review, difference.0)
            .arg("kind", qualification.kind.as_str())
            .arg("register", difference.1.as_str())
            .about(&qualification.id);
        qualification.findings.push(finding);
    }
    store::update_qualification(write.tx(), &qualification).await?;
    let outcome = qualification.register.name();
    write.act(about("qualification.register_answered", &qualification).outcome(outcome)).await?;
    let enrolled = merchant.state == State::Enrolled;
    if qualification.register == RegisterState::Differs && enrolled && merchant.open_reason.is_none() {
        merchant.version += 1;
        merchant.updated_at = write.now();
        merchant.open_reason = Some("register_differs".to_owned());
        store::update_merchant(write.tx(), &merchant, false).await?;
    }
    let automatic = parameters::of(kernel, &merchant.market)?.enrol_automatically;
    if enrolled
        && automatic
        && qualification.state == QualificationState::Submitted
        && qualification.register == RegisterState::Confirmed
    {
        let matrix = Matrix::of(kernel, &merchant.market)?;
        let found = check::qualification(write.tx(), &matrix, &qualification, &merchant, kernel.today()).await?;
        if found.iter().all(|finding| finding.weight == Weight::Note) {
            confirm_in(&mut write, qualification, "").await?;
        }
    }
    write.commit().await?;
    Ok(())
}

/// Where the register's record and the paper differ: the field, and what the register has.
fn differences(qualification: &Qualification, answer: &Answer, today: Date) -> Vec<(&'static str, String)> {
    let Answer::Found(record) = answer else {
        return vec![("number", "—".to_owned())];
    };
    let mut found = Vec::new();
    if let Some(holder) = &record.holder
        && rules::comparable(holder) != rules::comparable(&qualification.holder)
    {
        found.push(("holder", holder.clone()));
    }
    if let Some(until) = record.valid_until
        && (until < today || qualification.valid_until.is_none_or(|stated| stated > until))
    {
        found.push(("valid_until", until.to_string()));
    }
    if record.in_force == Some(false) {
        found.push(("number", "×".to_owned()));
    }
    found
}

/// Whether the machine may admit a file under verification by itself, as far as reading tells.
async fn may_admit(kernel: &Kernel, id: &str) -> Result<bool, Error> {
    let db = kernel.db().read();
    let Some(merchant) = store::merchant(db, id).await? else {
        return Ok(false);
    };
    let checked = check::file(kernel, db, &merchant).await?;
    let allowed = parameters::of(kernel, &merchant.market)?.enrol_automatically;
    Ok(rules::may_enrol_automatically(allowed, &checked.findings, &checked.qualifications) && !checked.refused_party)
}

/// A submitted file: begins its verification, and admits it where the machine may.
pub(crate) async fn verify(kernel: &Kernel, id: &str, state: State) -> Result<bool, Error> {
    // Files that wait for a person are only read, turn after turn.
    if state == State::Verifying && !may_admit(kernel, id).await? {
        return Ok(false);
    }
    let mut write = kernel.begin(&Actor::system("merchant-verification")).await?;
    let Some(mut merchant) = store::merchant(write.tx(), id).await? else {
        return Ok(false);
    };
    let began = merchant.state == State::Submitted;
    if !began && merchant.state != State::Verifying {
        return Ok(false);
    }
    let checked = check::file(kernel, write.tx(), &merchant).await?;
    let allowed = parameters::of(kernel, &merchant.market)?.enrol_automatically;
    if began {
        merchant.findings.clone_from(&checked.findings);
        let decision = decide::Decision::default();
        decide::make(&mut write, &mut merchant, crate::model::Move::Verify, State::Verifying, &decision).await?;
    }
    let admits = rules::may_enrol_automatically(allowed, &checked.findings, &checked.qualifications);
    if admits && !checked.refused_party {
        for q in checked.qualifications.iter().filter(|q| q.state == QualificationState::Submitted) {
            confirm_in(&mut write, q.clone(), "").await?;
        }
        decide::admit(kernel, &mut merchant, write.now(), checked)?;
        let decision = decide::Decision::default();
        decide::make(&mut write, &mut merchant, crate::model::Move::Enrol, State::Enrolled, &decision).await?;
    } else if !began {
        return Ok(false);
    }
    write.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_read_by_the_operators_mapping() {
        let mapping = Mapping {
            found: "/data/0".into(),
            holder: "/data/0/ent_name".into(),
            valid_until: "/data/0/to".into(),
            status: "/data/0/state".into(),
            status_in_force: vec!["存续".into()],
        };
        let body = json!({"data": [{"ent_name": " 甲公司 ", "to": "2027-01-31T00:00:00", "state": "吊销"}]});
        let record = Record {
            holder: Some("甲公司".into()),
            valid_until: Some("2027-01-31".parse().unwrap()),
            in_force: Some(false),
        };
        assert_eq!(mapping.read(&body).unwrap(), Answer::Found(record));
        assert_eq!(mapping.read(&json!({"data": [null]})).unwrap(), Answer::Unknown);
        assert!(mapping.read(&json!({"error": "busy"})).is_err(), "no word about the number is no answer");
        assert_eq!(Mapping::default().read(&json!({"found": false})).unwrap(), Answer::Unknown);
    }

    #[test]
    fn a_silent_register_is_asked_again_ever_more_seldom() {
        assert_eq!([1, 2, 3].map(pause_minutes), [5, 10, 20]);
        assert_eq!(pause_minutes(1_000_000), RETRY_MINUTES_MAX);
    }
}
