//! A file that is computed while it is sent: a blocking writer on one side, the body of an answer on the other, a few
//! chunks between them, so that a slow reader holds the writer up instead of filling the memory.

use axum::body::Body;
use bytes::Bytes;
use futures::StreamExt;
use std::io::{self, Write};
use tokio::sync::mpsc::{Sender, channel};

/// Chunks between writer and reader.
const CHUNKS_MAX: usize = 8;
/// Size of a chunk, bytes.
const CHUNK_BYTES: usize = 64 * 1024;

struct Pipe {
    sender: Sender<io::Result<Bytes>>,
    chunk: Vec<u8>,
}

impl Pipe {
    fn send(&mut self) -> io::Result<()> {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK_BYTES));
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.sender.blocking_send(Ok(Bytes::from(chunk))).map_err(gone)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() { Ok(()) } else { self.send() }
    }
}

/// The body that `write` writes, on a thread for blocking work. When it fails, the body ends with an error, so that nobody
/// takes half a file for a whole one.
pub(crate) fn body(write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Body {
    let (sender, receiver) = channel(CHUNKS_MAX);
    let end = sender.clone();
    tokio::task::spawn_blocking(move || {
        let mut pipe = Pipe { sender, chunk: Vec::with_capacity(CHUNK_BYTES) };
        let written = write(&mut pipe).and_then(|()| pipe.flush());
        if let Err(error) = written {
            // The reader may be gone: then nobody is left to be told.
            let _ = end.blocking_send(Err(error));
        }
    });
    let chunks = futures::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    // Compression asks once more after the end.
    Body::from_stream(chunks.fuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_has_ended_may_be_asked_again() {
        let mut stream = body(|out| out.write_all(b"one line")).into_data_stream();
        let mut whole = Vec::new();
        while let Some(chunk) = stream.next().await {
            whole.extend_from_slice(&chunk.unwrap());
        }
        assert_eq!(whole, b"one line");
        assert!(stream.next().await.is_none());
    }

    #[tokio::test]
    async fn a_file_that_fails_on_the_way_is_no_whole_file() {
        let mut stream = body(|_| Err(io::Error::other("the key is gone"))).into_data_stream();
        assert!(stream.next().await.unwrap().is_err());
    }
}
