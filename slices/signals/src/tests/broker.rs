//! Signals from NATS JetStream: brokers of these tests' own, stopped and started again.

use super::*;
use crate::connector::nats::{Nats, Settings};
use crate::connector::{Source, turn};
use async_nats::jetstream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A broker over a folder; ends with this value.
struct Broker {
    child: Child,
    port: u16,
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a broker; `None` where the program is not installed.
async fn broker(folder: &Path, port: u16) -> Option<Broker> {
    let mut command = Command::new("nats-server");
    command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]).arg(folder);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    let broker = Broker { child, port };
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Some(broker);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the broker did not start");
}

impl Broker {
    fn settings(&self) -> Settings {
        Settings {
            url: format!("nats://127.0.0.1:{}", self.port),
            stream: "SIGNALS".into(),
            subject: "signals.>".into(),
            durable: "touchstone".into(),
            ack_seconds: 1,
            ..Settings::default()
        }
    }

    async fn context(&self) -> jetstream::Context {
        let client = async_nats::connect(format!("127.0.0.1:{}", self.port)).await.expect("the broker");
        jetstream::new(client)
    }

    async fn make_stream(&self) {
        let config = jetstream::stream::Config {
            name: "SIGNALS".into(),
            subjects: vec!["signals.>".into()],
            ..jetstream::stream::Config::default()
        };
        self.context().await.create_stream(config).await.expect("a stream");
    }

    async fn publish(&self, payloads: &[String]) {
        let context = self.context().await;
        for payload in payloads {
            let sent = context.publish("signals.shop", payload.clone().into()).await.expect("published");
            sent.await.expect("kept by the broker");
        }
    }

    /// Messages delivered and not acknowledged, and messages not delivered.
    async fn open_messages(&self) -> (usize, u64) {
        let stream = self.context().await.get_stream("SIGNALS").await.expect("the stream");
        let mut consumer: jetstream::consumer::PullConsumer = stream.get_consumer("touchstone").await.expect("it");
        let info = consumer.info().await.expect("its state");
        (info.num_ack_pending, info.num_pending)
    }
}

/// Turns until so many messages were taken; a broker that is away is waited for.
async fn take(kernel: &Kernel, source: &mut dyn Source, messages: u64) {
    let mut taken = 0;
    for _ in 0..200 {
        match turn(kernel, source).await {
            Ok(count) => taken += count,
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        if taken >= messages {
            return;
        }
    }
    panic!("{taken} of {messages} messages came");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_acknowledged_when_they_are_kept_and_useless_ones_do_not_come_again() {
    let house = house().await;
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = broker(folder.path(), free_port()).await else {
        println!("skipped: nats-server is not installed");
        return;
    };
    broker.make_stream().await;
    let two = format!("{}\n{}\n", line("n1", "order", -1), line("n2", "order", -1));
    let mixed = format!("{}\nrubbish", line("n3", "order", -1));
    broker.publish(&[two, mixed, "nothing but rubbish".into(), line("n1", "order", -1)]).await;
    let mut source = Nats::new(broker.settings());
    take(house.kernel(), &mut source, 4).await;
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 3);
    assert_eq!(broker.open_messages().await, (0, 0), "all are told to the broker");
    let status = house.status().await;
    assert_eq!((status.counts.refused, status.counts.duplicates), (2, 1));
    assert_eq!((status.sources[0].messages, status.sources[0].unusable), (4, 1));
    assert!(status.refused.iter().any(|line| line.line.excerpt == "nothing but rubbish"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_goes_away_and_comes_back_loses_and_repeats_nothing() {
    let house = house().await;
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let Some(first) = broker(folder.path(), port).await else {
        println!("skipped: nats-server is not installed");
        return;
    };
    first.make_stream().await;
    let messages: Vec<String> = (0..40).map(|n| line(&format!("b{n}"), "order", -1)).collect();
    first.publish(&messages[..20]).await;
    let mut source = Nats::new(first.settings());
    // Pulled and kept, but the broker goes away before it hears so: the messages come again.
    let pulled = source.pull().await.expect("messages");
    let lines: String =
        pulled.iter().map(|message| String::from_utf8_lossy(&message.payload).into_owned() + "\n").collect();
    let kept = crate::ingest::lines(house.kernel(), &Actor::system("test"), lines.into()).await.unwrap();
    assert_eq!(kept.accepted, pulled.len() as u64);
    drop(first);
    assert!(turn(house.kernel(), &mut source).await.is_err(), "nobody is there");
    let second = broker(folder.path(), port).await.expect("the same program");
    second.publish(&messages[20..]).await;
    take(house.kernel(), &mut source, 40).await;
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 40, "each once");
    let status = house.status().await;
    assert_eq!((status.counts.accepted, status.counts.duplicates), (40, 20));
    assert_eq!(second.open_messages().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_stands_still_is_given_up_in_time_and_taken_up_again() {
    let house = house().await;
    let folder = tempfile::tempdir().unwrap();
    let Some(broker) = broker(folder.path(), free_port()).await else {
        println!("skipped: nats-server is not installed");
        return;
    };
    let signal = |name: &str| {
        let sent = Command::new("kill").args([name, &broker.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{name}");
    };
    broker.make_stream().await;
    let messages: Vec<String> = (0..20).map(|n| line(&format!("s{n}"), "order", -1)).collect();
    broker.publish(&messages[..10]).await;
    let mut source = Nats::new(broker.settings());
    take(house.kernel(), &mut source, 10).await;
    // It answers nothing and closes nothing: only the time tells.
    signal("-STOP");
    let turned = tokio::time::timeout(Duration::from_secs(60), turn(house.kernel(), &mut source)).await;
    signal("-CONT");
    assert!(
        !matches!(turned.expect("a turn ends"), Ok(count) if count > 0),
        "nothing came from a broker that stood still"
    );
    broker.publish(&messages[10..]).await;
    take(house.kernel(), &mut source, 10).await;
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 20, "each once");
    assert_eq!(broker.open_messages().await, (0, 0));
}
