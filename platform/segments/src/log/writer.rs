//! The one thread that writes.

use super::block::{FILE_HEAD, Stored, file_head};
use super::open::EXTENSION;
use super::{Error, Segment, Shared, State};
use crate::disk::DiskFile;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;

/// A block that waits.
pub(super) struct Job {
    stored: Stored,
    signals: u32,
    outcome: Arc<Outcome>,
}

#[derive(Default)]
struct Outcome {
    told: Mutex<Told>,
    changed: Condvar,
}

#[derive(Default)]
struct Told {
    result: Option<Result<u64, Error>>,
    waker: Option<Waker>,
}

impl Outcome {
    fn tell(&self, result: Result<u64, Error>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.result = Some(result);
        let waker = told.waker.take();
        drop(told);
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Stands for a block in the queue.
#[must_use = "a block is durable only when its ticket says so"]
pub struct Ticket {
    outcome: Arc<Outcome>,
}

impl Ticket {
    /// Waits until the block is durable or refused.
    pub fn wait(self) -> Result<u64, Error> {
        let mut told = self.outcome.told.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match told.result.take() {
                Some(result) => return result,
                None => told = self.outcome.changed.wait(told).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Future for Ticket {
    type Output = Result<u64, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut told = self.outcome.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                told.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

pub(super) fn enqueue(shared: &Shared, payload: Vec<u8>, signals: u32) -> Result<Ticket, Error> {
    let bytes_max = shared.settings.payload_bytes_max;
    if payload.len() > bytes_max {
        return Err(Error::TooLarge { bytes: payload.len(), bytes_max });
    }
    if shared.state().queued_bytes > shared.settings.queue_bytes_max {
        return Err(Error::Busy);
    }
    let stored = Stored::new(payload, shared.settings.compress);
    let outcome = Arc::new(Outcome::default());
    let mut state = shared.state();
    if state.stopped || state.closing {
        return Err(Error::Stopped);
    }
    state.queued_bytes += stored.bytes.len();
    state.queue.push_back(Job { stored, signals, outcome: outcome.clone() });
    drop(state);
    shared.work.notify_one();
    Ok(Ticket { outcome })
}

pub(super) fn start(shared: Arc<Shared>) -> Result<JoinHandle<()>, Error> {
    let run = move || Writer { shared, file: None, buffer: Vec::new() }.run();
    Ok(std::thread::Builder::new().name("signal-log".to_owned()).spawn(run)?)
}

struct Writer {
    shared: Arc<Shared>,
    /// The file being written, and how many of its bytes are durable.
    file: Option<(Box<dyn DiskFile>, u64)>,
    buffer: Vec<u8>,
}

impl Writer {
    fn run(mut self) {
        while let Some(jobs) = self.next_jobs() {
            let first = self.shared.state().next;
            match self.write(&jobs, first) {
                Ok(offsets) => self.acknowledge(jobs, first, &offsets),
                Err(error) => self.refuse(jobs, error.into()),
            }
        }
    }

    /// Waits for blocks and takes as many as one sync may cover; `None` when the log closes and nothing is left.
    fn next_jobs(&self) -> Option<Vec<Job>> {
        let mut state = self.shared.state();
        while state.queue.is_empty() {
            if state.closing {
                return None;
            }
            state = self.shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut jobs = Vec::new();
        let mut bytes = 0;
        while let Some(job) = state.queue.pop_front() {
            bytes += job.stored.bytes.len();
            jobs.push(job);
            if bytes >= self.shared.settings.group_bytes_max {
                break;
            }
        }
        Some(jobs)
    }

    /// Writes blocks and makes them durable. Gives the offset of each.
    fn write(&mut self, jobs: &[Job], first: u64) -> io::Result<Vec<u64>> {
        if self.shared.state().stopped {
            return Err(io::Error::other("the log stopped"));
        }
        if self.file.as_ref().is_none_or(|(_, length)| *length >= self.shared.settings.segment_bytes) {
            self.file = None;
            self.file = Some(self.open_file(first)?);
        }
        let Some((file, length)) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        self.buffer.clear();
        let mut offsets = Vec::with_capacity(jobs.len());
        for (sequence, job) in (first..).zip(jobs) {
            offsets.push(*length + self.buffer.len() as u64);
            self.buffer.extend_from_slice(&job.stored.head(sequence, job.signals));
            self.buffer.extend_from_slice(&job.stored.bytes);
        }
        file.append(&self.buffer)?;
        file.sync()?;
        *length += self.buffer.len() as u64;
        Ok(offsets)
    }

    /// The last file where it has room, or a new one whose name and head are durable.
    fn open_file(&self, first: u64) -> io::Result<(Box<dyn DiskFile>, u64)> {
        let shared = &self.shared;
        let last = shared.state().segments.last().map(|segment| (segment.path.clone(), segment.length));
        if let Some((path, length)) = last
            && length >= FILE_HEAD as u64
            && length < shared.settings.segment_bytes
        {
            return Ok((shared.disk.reopen(&path, length)?, length));
        }
        let path = shared.folder.join(format!("{first:016x}.{EXTENSION}"));
        let made = shared.disk.create(&path).and_then(|mut file| {
            file.append(&file_head(first))?;
            file.sync()?;
            shared.disk.sync_folder(&shared.folder)?;
            Ok(file)
        });
        match made {
            Ok(file) => {
                let length = FILE_HEAD as u64;
                let segment = Segment { path, blocks: Vec::new(), length, damage: Vec::new() };
                shared.state().segments.push(segment);
                Ok((file, length))
            }
            Err(error) => {
                // A file without blocks is nothing; where it cannot be removed either, the next one replaces it.
                let _ = shared.disk.remove(&path);
                Err(error)
            }
        }
    }

    fn acknowledge(&self, jobs: Vec<Job>, first: u64, offsets: &[u64]) {
        let length = self.file.as_ref().map_or(0, |(_, length)| *length);
        let mut state = self.shared.state();
        if let Some(segment) = state.segments.last_mut() {
            segment.blocks.extend((first..).zip(offsets.iter().copied()));
            segment.length = length;
        }
        state.end = first + jobs.len() as u64 - 1;
        state.next = state.end + 1;
        taken_off(&mut state, &jobs);
        drop(state);
        self.shared.moved.notify_all();
        for (sequence, job) in (first..).zip(jobs) {
            job.outcome.tell(Ok(sequence));
        }
    }

    /// Cuts off what was begun and tells the waiting callers why.
    fn refuse(&mut self, jobs: Vec<Job>, error: Error) {
        let undone = match &mut self.file {
            Some((file, length)) => file.truncate(*length).is_ok(),
            None => true,
        };
        let mut refused = jobs;
        {
            let mut state = self.shared.state();
            taken_off(&mut state, &refused);
            if !undone {
                // Blocks nobody acknowledged may be on disk. Opening anew reads them, and their ids with them.
                state.stopped = true;
                refused.extend(std::mem::take(&mut state.queue));
                state.queued_bytes = 0;
            }
        }
        self.shared.moved.notify_all();
        for job in refused {
            job.outcome.tell(Err(error.clone()));
        }
    }
}

fn taken_off(state: &mut State, jobs: &[Job]) {
    let bytes: usize = jobs.iter().map(|job| job.stored.bytes.len()).sum();
    state.queued_bytes = state.queued_bytes.saturating_sub(bytes);
}
