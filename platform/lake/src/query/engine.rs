//! What all questions share: threads of their own, memory, a way to the lake's files and to no others, and turns.

use crate::Limits;
use crate::error::Error;
use datafusion::common::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::{ObjectStoreRegistry, ObjectStoreUrl};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::object_store::ObjectStore;
use datafusion::object_store::local::LocalFileSystem;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

/// The scheme under which the lake's files are known to the engine.
const STORE: &str = "history://lake/";
/// Footers of files kept in memory, bytes.
const FOOTERS_BYTES: usize = 32 << 20;
/// Rows the engine works on at a time.
const BATCH_ROWS: usize = 8_192;

/// Where the engine finds the lake's files.
pub(crate) fn store_url() -> Result<ObjectStoreUrl, DataFusionError> {
    ObjectStoreUrl::parse(STORE)
}

/// One folder and nothing else.
#[derive(Debug)]
struct OneFolder {
    store: Option<Arc<dyn ObjectStore>>,
}

impl ObjectStoreRegistry for OneFolder {
    fn register_store(&self, _url: &Url, _store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>, DataFusionError> {
        match (&self.store, url.scheme()) {
            (Some(store), "history") => Ok(Arc::clone(store)),
            _ => Err(DataFusionError::Plan("no such place".into())),
        }
    }

    fn deregister_store(&self, _url: &Url) -> Result<Arc<dyn ObjectStore>, DataFusionError> {
        Err(DataFusionError::Plan("no such place".into()))
    }
}

/// Shared by all questions to one lake.
pub(crate) struct Engine {
    runtime_env: Arc<RuntimeEnv>,
    /// Questions compute on threads of their own: a busy one never keeps a page waiting. Started by the first.
    threads: OnceLock<Option<Runtime>>,
    threads_count: usize,
    turns: Semaphore,
    waiting: AtomicUsize,
    waiting_max: usize,
}

impl Engine {
    pub(crate) fn new(root: &Path, limits: &Limits) -> Result<Engine, Error> {
        let store = LocalFileSystem::new_with_prefix(root).ok().map(|store| Arc::new(store) as Arc<dyn ObjectStore>);
        let disk = match limits.spill_bytes {
            0 => DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled),
            most => DiskManagerBuilder::default().with_max_temp_directory_size(most),
        };
        let top = NonZeroUsize::MIN;
        let runtime_env = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(TrackConsumersPool::new(FairSpillPool::new(limits.memory_bytes), top)))
            .with_disk_manager_builder(disk)
            .with_metadata_cache_limit(FOOTERS_BYTES)
            .with_object_store_registry(Arc::new(OneFolder { store }))
            .build_arc()
            .map_err(|error| Error::Format(error.to_string()))?;
        Ok(Engine {
            runtime_env,
            threads: OnceLock::new(),
            threads_count: limits.threads.max(1),
            turns: Semaphore::new(limits.at_once_max.max(1)),
            waiting: AtomicUsize::new(0),
            waiting_max: limits.waiting_max,
        })
    }

    /// A turn, or `None` when too many wait already.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(turn) = self.turns.try_acquire() {
            return Some(turn);
        }
        let _waiting = Waiting::enter(&self.waiting, self.waiting_max)?;
        self.turns.acquire().await.ok()
    }

    /// The threads questions compute on.
    pub(crate) fn threads(&self) -> Option<&Handle> {
        let start = || {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(self.threads_count)
                .thread_name("history")
                .enable_time()
                .build()
                .ok()
        };
        self.threads.get_or_init(start).as_ref().map(Runtime::handle)
    }

    /// A session for one question, with no table in it.
    pub(crate) fn session(&self, zone: &str) -> SessionContext {
        let mut config = SessionConfig::new()
            .with_target_partitions(self.threads_count)
            .with_batch_size(BATCH_ROWS)
            .with_information_schema(false)
            .with_default_catalog_and_schema("touchstone", "history");
        let options = config.options_mut();
        options.execution.time_zone = Some(zone.to_owned());
        // Pages and row groups are passed over by their statistics. Within a page, rows are compared after it was read: kinds
        // of signals follow one another so closely that skipping from row to row costs more than reading (measured: the
        // median question takes a fifth less processor time so).
        options.execution.parquet.pushdown_filters = false;
        options.sql_parser.collect_spans = true;
        options.explain.show_statistics = false;
        // Keys of a join are handed to the scan as a hash table, never as a list: a list holds a value for every row of the
        // build side, repeated ones included, and is gone through again for every row group.
        options.optimizer.hash_join_inlist_pushdown_max_size = 0;
        let session = SessionContext::new_with_config_rt(config, Arc::clone(&self.runtime_env));
        session.add_optimizer_rule(Arc::new(super::semi::DistinctKeys));
        session
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A runtime must not be waited for inside another one.
        if let Some(Some(runtime)) = self.threads.take() {
            runtime.shutdown_background();
        }
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize, most: usize) -> Option<Waiting<'a>> {
        let entered = count.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| (now < most).then_some(now + 1));
        entered.is_ok().then_some(Waiting(count))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
