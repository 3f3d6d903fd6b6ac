//! NATS JetStream: a durable pull consumer. Each message holds one or more lines of signals; it is acknowledged after it is
//! on the disk, and terminated where no line of it can be taken. While the broker is away nothing is lost: what was not
//! acknowledged comes again, and its ids say that it came before.

use super::{Message, Outcome, Source, SourceError};
use async_nats::jetstream::consumer::pull::{Batch, Config};
use async_nats::jetstream::consumer::{AckPolicy, Consumer};
use async_nats::jetstream::{self, AckKind};
use async_trait::async_trait;
use futures::StreamExt;
use std::time::Duration;

/// Most messages pulled at once.
const BATCH_MESSAGES_MAX: usize = 1_000;
/// Most bytes pulled at once.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a pull waits for messages.
const PULL_WAIT: Duration = Duration::from_secs(5);
/// How long a connection or an answer is waited for.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// Messages that may be unacknowledged at once.
const UNACKNOWLEDGED_MAX: i64 = 20_000;

/// The usual time after which an unacknowledged message comes again, seconds.
pub const ACK_SECONDS: u64 = 60;

/// Where the stream is and what it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `nats://host:4222`; several with commas.
    pub url: String,
    /// Name of the stream.
    pub stream: String,
    /// Only messages of this subject; empty: all of the stream.
    pub subject: String,
    /// Name of the durable consumer; all processes of this product share it.
    pub durable: String,
    /// User and password, or a token alone (user empty); both empty: none.
    pub user: String,
    /// See `user`.
    pub password: String,
    /// After this time an unacknowledged message comes again, seconds.
    pub ack_seconds: u64,
}

/// The stream as a source.
pub struct Nats {
    settings: Settings,
    name: String,
    client: Option<async_nats::Client>,
    consumer: Option<Consumer<Config>>,
    pulled: Vec<jetstream::Message>,
}

impl Nats {
    /// Not connected yet.
    pub fn new(settings: Settings) -> Nats {
        let name = format!("nats {} {}", settings.stream, settings.durable);
        Nats { settings, name, client: None, consumer: None, pulled: Vec::new() }
    }

    async fn connect(&mut self) -> Result<Consumer<Config>, SourceError> {
        let from = &self.settings;
        let mut options = async_nats::ConnectOptions::new()
            .name("touchstone")
            .connection_timeout(ANSWER_WAIT)
            .request_timeout(Some(ANSWER_WAIT));
        options = match (from.user.is_empty(), from.password.is_empty()) {
            (true, true) => options,
            (true, false) => options.token(from.password.clone()),
            (false, _) => options.user_and_password(from.user.clone(), from.password.clone()),
        };
        let addresses: Vec<&str> = from.url.split(',').map(str::trim).collect();
        let client = options.connect(addresses).await.map_err(SourceError::of)?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(ANSWER_WAIT);
        let stream = context.get_stream(&from.stream).await.map_err(SourceError::of)?;
        let config = Config {
            durable_name: Some(from.durable.clone()),
            filter_subject: from.subject.clone(),
            ack_policy: AckPolicy::Explicit,
            ack_wait: Duration::from_secs(from.ack_seconds.max(1)),
            max_ack_pending: UNACKNOWLEDGED_MAX,
            ..Config::default()
        };
        let consumer = stream.get_or_create_consumer(&from.durable, config).await.map_err(SourceError::of)?;
        self.client = Some(client);
        Ok(consumer)
    }

    async fn fetch(&mut self) -> Result<(), SourceError> {
        let consumer = match self.consumer.take() {
            Some(consumer) => consumer,
            None => self.connect().await?,
        };
        // One message is waited for; what else is there comes with it at once, so that none grows old here.
        let first = within(consumer.batch().max_messages(1).expires(PULL_WAIT).messages()).await?;
        self.gather(first.map_err(SourceError::of)?).await?;
        let state = self.client.as_ref().map(async_nats::Client::connection_state);
        if self.pulled.is_empty() && state != Some(async_nats::connection::State::Connected) {
            return Err(SourceError::of("the broker is away"));
        }
        if !self.pulled.is_empty() {
            let rest = consumer.fetch().max_messages(BATCH_MESSAGES_MAX - 1).max_bytes(BATCH_BYTES_MAX).messages();
            let rest = within(rest).await?.map_err(SourceError::of)?;
            self.gather(rest).await?;
        }
        self.consumer = Some(consumer);
        Ok(())
    }
}

impl Nats {
    /// Takes what a pull gives. It ends by itself when its time is over; a broker that is gone never ends it.
    async fn gather(&mut self, mut messages: Batch) -> Result<(), SourceError> {
        let over = tokio::time::Instant::now() + PULL_WAIT + ANSWER_WAIT;
        loop {
            match tokio::time::timeout_at(over, messages.next()).await {
                Ok(Some(Ok(message))) => self.pulled.push(message),
                Ok(Some(Err(error))) => return Err(SourceError(error)),
                Ok(None) => return Ok(()),
                Err(_) => return Err(SourceError::of("the broker does not answer")),
            }
        }
    }
}

async fn within<T>(asked: impl Future<Output = T>) -> Result<T, SourceError> {
    tokio::time::timeout(ANSWER_WAIT, asked).await.map_err(|_| SourceError::of("the broker does not answer"))
}

#[async_trait]
impl Source for Nats {
    fn name(&self) -> &str {
        &self.name
    }

    async fn pull(&mut self) -> Result<Vec<Message>, SourceError> {
        self.pulled.clear();
        if let Err(error) = self.fetch().await {
            // From the start at the next try: a connection that is half gone is not used again.
            self.consumer = None;
            self.pulled.clear();
            return Err(error);
        }
        let name = |message: &jetstream::Message| match message.info() {
            Ok(info) => format!("{} {}", message.subject, info.stream_sequence),
            Err(_) => message.subject.to_string(),
        };
        Ok(self
            .pulled
            .iter()
            .map(|message| Message { name: name(message), payload: message.payload.clone() })
            .collect())
    }

    async fn confirm(&mut self, outcomes: &[Outcome]) -> Result<(), SourceError> {
        let pulled = std::mem::take(&mut self.pulled);
        let last = pulled.len().saturating_sub(1);
        for (index, (message, outcome)) in pulled.iter().zip(outcomes).enumerate() {
            let kind = match outcome {
                Outcome::Kept => AckKind::Ack,
                Outcome::Unusable => AckKind::Term,
            };
            // The last one waits for the broker's word, so that a broker that is gone is noticed.
            let told = match index == last {
                true => within(message.double_ack_with(kind)).await.and_then(|told| told.map_err(SourceError)),
                false => message.ack_with(kind).await.map_err(SourceError),
            };
            if let Err(error) = told {
                self.consumer = None;
                return Err(error);
            }
        }
        Ok(())
    }
}
