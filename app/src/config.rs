//! The settings: one file, overridden key by key from the environment. The commented default file is the manual.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The default file, comments included.
pub const DEFAULT_FILE: &str = include_str!("../touchstone.toml");
/// Largest settings file, bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// All settings. Each field is documented in `touchstone.toml`.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Config {
    pub server: Server,
    pub data: Data,
    pub time: Time,
    pub policies: Policies,
    pub resolver: Resolver,
    pub limits: Limits,
    pub signals: Signals,
    pub outbound: Outbound,
    pub register: Register,
    pub oidc: Oidc,
    pub ledger: Ledger,
    pub log: Log,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Server {
    pub address: String,
    pub port: u16,
    pub base_url: String,
    pub trusted_proxies: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Data {
    pub folder: PathBuf,
    pub database: String,
    pub keys: String,
    pub connections_max: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Time {
    pub zone: String,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Policies {
    pub folder: String,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Resolver {
    pub country_header: String,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Limits {
    pub requests_per_minute: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Signals {
    pub nats_url: String,
    pub nats_stream: String,
    pub nats_durable: String,
    pub nats_subject: String,
    pub nats_user: String,
    pub nats_password_file: String,
    pub lag_mebibytes_max: u64,
    pub hot_keys_max: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Outbound {
    pub allow: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Register {
    pub url: String,
    pub secret_header: String,
    pub secret_file: String,
    pub kinds: Vec<String>,
    pub found: String,
    pub holder: String,
    pub valid_until: String,
    pub status: String,
    pub status_in_force: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Oidc {
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub client_secret_file: String,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Ledger {
    pub origin: String,
    pub secret_file: String,
    pub witnesses: Vec<String>,
    pub witnesses_needed: usize,
    pub anchor_every_minutes: u64,
    pub anchor_file: String,
    pub anchor_webhook: String,
    pub anchor_webhook_secret_file: String,
    pub anchor_chain: String,
    pub anchor_chain_key_file: String,
    pub anchor_chain_confirmations: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs)]
pub struct Log {
    pub format: String,
    pub level: String,
}

impl Config {
    /// The defaults, then the file (where there is one), then the environment.
    ///
    /// # Errors
    /// With file, line and the nearest known key for everything that is not known or not of the right type.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Config> {
        let mut settings: toml::Table = toml::from_str(DEFAULT_FILE).context("the default settings")?;
        let default_path = Path::new("touchstone.toml");
        let file = file.or_else(|| default_path.exists().then_some(default_path));
        if let Some(path) = file {
            let size = std::fs::metadata(path).with_context(|| format!("settings file {}", path.display()))?.len();
            if size > FILE_BYTES_MAX {
                bail!("settings file {}: larger than {FILE_BYTES_MAX} bytes", path.display());
            }
            let text = std::fs::read_to_string(path).with_context(|| format!("settings file {}", path.display()))?;
            let given: toml::Table =
                toml::from_str(&text).with_context(|| format!("settings file {}", path.display()))?;
            merge(&mut settings, given).with_context(|| format!("settings file {}", path.display()))?;
        }
        for (name, value) in environment {
            if let Some(rest) = name.strip_prefix("TOUCHSTONE_") {
                set_from_environment(&mut settings, rest, &value)
                    .with_context(|| format!("environment variable {name}"))?;
            }
        }
        let config: Config = settings.try_into().context("settings")?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        jiff::tz::TimeZone::get(&self.time.zone).with_context(|| {
            format!("[time] zone: {:?} is no known time zone (for example Asia/Shanghai)", self.time.zone)
        })?;
        if !["text", "json"].contains(&self.log.format.as_str()) {
            bail!("[log] format: {:?} is neither text nor json", self.log.format);
        }
        self.witnesses()?;
        if self.data.connections_max == 0 {
            bail!("[data] connections_max: at least 1");
        }
        Ok(())
    }

    /// The address people know.
    pub fn base_url(&self) -> String {
        if self.server.base_url.is_empty() {
            format!("http://{}:{}", self.server.address, self.server.port)
        } else {
            self.server.base_url.trim_end_matches('/').to_owned()
        }
    }

    /// The register adapter; `None` when people confirm by hand.
    ///
    /// # Errors
    /// When the secret's file cannot be read.
    pub fn register(&self) -> Result<Option<merchants::register::Settings>> {
        let from = &self.register;
        if from.url.is_empty() {
            return Ok(None);
        }
        Ok(Some(merchants::register::Settings {
            url: from.url.clone(),
            secret_header: from.secret_header.clone(),
            secret: secret(&from.secret_file).context("[register] secret_file")?,
            kinds: from.kinds.clone(),
            mapping: merchants::register::Mapping {
                found: from.found.clone(),
                holder: from.holder.clone(),
                valid_until: from.valid_until.clone(),
                status: from.status.clone(),
                status_in_force: from.status_in_force.clone(),
            },
        }))
    }

    /// How signals are taken in.
    ///
    /// # Errors
    /// When the password's file cannot be read.
    pub fn signals(&self) -> Result<signals::Settings> {
        let from = &self.signals;
        let nats = match from.nats_url.is_empty() {
            true => None,
            false => Some(signals::connector::nats::Settings {
                url: from.nats_url.clone(),
                stream: from.nats_stream.clone(),
                subject: from.nats_subject.clone(),
                durable: from.nats_durable.clone(),
                user: from.nats_user.clone(),
                password: secret(&from.nats_password_file).context("[signals] nats_password_file")?,
                ack_seconds: signals::connector::nats::ACK_SECONDS,
            }),
        };
        Ok(signals::Settings {
            nats,
            lag_bytes_max: from.lag_mebibytes_max.saturating_mul(1024 * 1024),
            hot_keys_max: from.hot_keys_max.max(1),
            ..signals::Settings::in_data(&self.data.folder)
        })
    }

    /// The ledger's witnesses and how many of them a tree needs.
    ///
    /// # Errors
    /// Which one is wrong and why.
    pub fn witnesses(&self) -> Result<ledger::WitnessPolicy> {
        ledger::WitnessPolicy::parse(&self.ledger.witnesses, self.ledger.witnesses_needed)
            .map_err(|reason| anyhow::anyhow!("[ledger] witnesses: {reason}"))
    }

    /// The places in which the ledger's trees are kept besides.
    ///
    /// # Errors
    /// When a secret's file cannot be read.
    pub fn anchors(&self) -> Result<proofs::anchors::AnchorSettings> {
        let from = &self.ledger;
        Ok(proofs::anchors::AnchorSettings {
            every_minutes: from.anchor_every_minutes,
            file: from.anchor_file.clone(),
            webhook: from.anchor_webhook.clone(),
            webhook_secret: secret(&from.anchor_webhook_secret_file).context("[ledger] anchor_webhook_secret_file")?,
            chain: from.anchor_chain.clone(),
            chain_key: secret(&from.anchor_chain_key_file).context("[ledger] anchor_chain_key_file")?,
            chain_confirmations: from.anchor_chain_confirmations,
        })
    }

    /// Who else signs people in.
    ///
    /// # Errors
    /// When the secret's file cannot be read.
    pub fn providers(&self) -> Result<accounts::oidc::Providers> {
        let from = &self.oidc;
        if from.issuer.is_empty() {
            return Ok(accounts::oidc::Providers::default());
        }
        Ok(accounts::oidc::Providers::new(vec![accounts::oidc::Provider {
            key: "sso".to_owned(),
            name: from.name.clone(),
            issuer: from.issuer.clone(),
            client_id: from.client_id.clone(),
            client_secret: secret(&from.client_secret_file).context("[oidc] client_secret_file")?,
        }]))
    }

    /// How the web layer behaves.
    pub fn web(&self, demonstration: bool) -> web::Settings {
        let base_url = self.base_url();
        web::Settings {
            cookie_secure: base_url.starts_with("https://"),
            base_url,
            demonstration,
            proxies: self.server.trusted_proxies.clone(),
            // The demonstration loads itself, and its browser tests walk, from one address.
            address_requests_per_minute: if demonstration { 600_000 } else { self.limits.requests_per_minute },
            actor_requests_per_minute: if demonstration { 600_000 } else { self.limits.requests_per_minute },
            outbound_allow: self.outbound.allow.clone(),
            ..web::Settings::default()
        }
    }

    /// The database address.
    pub fn database(&self) -> String {
        if self.data.database.is_empty() {
            format!("sqlite:{}", self.data.folder.join("touchstone.db").display())
        } else {
            self.data.database.clone()
        }
    }
}

/// What a secret's file holds, without the line end; empty for no file.
///
/// # Errors
/// When the file cannot be read.
pub fn secret(file: &str) -> Result<String> {
    if file.is_empty() {
        return Ok(String::new());
    }
    Ok(std::fs::read_to_string(file).with_context(|| file.to_owned())?.trim_end().to_owned())
}

/// Test variables that share the prefix and are no settings.
const NOT_SETTINGS: [&str; 8] =
    ["TEST_", "SHARED_", "URL", "LINKS", "SCREENSHOTS", "BINARY", "SERVER_PID", "WITNESS_KEY"];

fn set_from_environment(settings: &mut toml::Table, name: &str, value: &str) -> Result<()> {
    if NOT_SETTINGS.iter().any(|prefix| name == *prefix || (prefix.ends_with('_') && name.starts_with(prefix)))
        || name == "DATA"
    {
        return Ok(());
    }
    let known: Vec<String> = settings
        .iter()
        .flat_map(|(section, table)| {
            let keys = table.as_table().into_iter().flat_map(|table| table.keys());
            keys.map(move |key| format!("{section}_{key}").to_uppercase())
        })
        .collect();
    for (section, table) in settings.iter_mut() {
        let Some(table) = table.as_table_mut() else { continue };
        for (key, slot) in table.iter_mut() {
            if format!("{section}_{key}").eq_ignore_ascii_case(name) {
                *slot = typed(slot, value)?;
                return Ok(());
            }
        }
    }
    bail!("no such setting{}", nearest(name, known.iter().map(String::as_str)))
}

fn typed(like: &toml::Value, text: &str) -> Result<toml::Value> {
    Ok(match like {
        toml::Value::Integer(_) => {
            toml::Value::Integer(text.parse().with_context(|| format!("{text:?} is not a whole number"))?)
        }
        toml::Value::Boolean(_) => {
            toml::Value::Boolean(text.parse().with_context(|| format!("{text:?} is neither true nor false"))?)
        }
        toml::Value::Array(_) => toml::Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| toml::Value::String(part.to_owned()))
                .collect(),
        ),
        _ => toml::Value::String(text.to_owned()),
    })
}

fn merge(into: &mut toml::Table, from: toml::Table) -> Result<()> {
    for (section, value) in from {
        let sections: Vec<String> = into.keys().cloned().collect();
        let Some(known) = into.get_mut(&section).and_then(toml::Value::as_table_mut) else {
            bail!("unknown section [{section}]{}", nearest(&section, sections.iter().map(String::as_str)));
        };
        let toml::Value::Table(table) = value else {
            bail!("{section} must be a section: [{section}]");
        };
        for (key, value) in table {
            let keys: Vec<String> = known.keys().cloned().collect();
            let Some(slot) = known.get_mut(&key) else {
                bail!("unknown key {key} in [{section}]{}", nearest(&key, keys.iter().map(String::as_str)));
            };
            if slot.type_str() != value.type_str() {
                bail!("[{section}] {key}: expected {}, found {}", slot.type_str(), value.type_str());
            }
            *slot = value;
        }
    }
    Ok(())
}

fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|name| (strsim::damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase()), name))
        .min()
        .map(|(_, name)| format!("; did you mean {name}?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("touchstone.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(Some(&path), environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let config = load("[server]\nport = 9000\n", &[("TOUCHSTONE_LOG_LEVEL", "debug"), ("PATH", "x")]).unwrap();
        assert_eq!(
            (config.server.port, config.log.level.as_str(), config.server.address.as_str()),
            (9000, "debug", "127.0.0.1")
        );
        let config = load("[server]\nport = 9000\n", &[("TOUCHSTONE_SERVER_PORT", "9001")]).unwrap();
        assert_eq!(config.server.port, 9001);
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        let text = |result: Result<Config>| format!("{:#}", result.unwrap_err());
        assert!(text(load("[server]\nprot = 1\n", &[])).contains("did you mean port?"));
        assert!(text(load("[sever]\nport = 1\n", &[])).contains("did you mean server?"));
        assert!(text(load("", &[("TOUCHSTONE_SERVER_PROT", "1")])).contains("did you mean SERVER_PORT?"));
        assert!(text(load("[server]\nport = \"x\"\n", &[])).contains("expected integer"));
        assert!(text(load("[time]\nzone = \"Mars/Base\"\n", &[])).contains("Asia/Shanghai"));
    }
}
