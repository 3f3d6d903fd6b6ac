//! Computing rated days again from their inputs, and proving the files against the ledger.
//!
//! What is checked of a day, each by itself: that the file is the one the act names (SHA-256, and the root over its lines); that
//! the act says so in the log (inclusion of its leaf in a signed tree); that the file continues the file before; that the
//! cohorts follow from the lines; and that every number of every line follows from the line before, the day's inputs, the
//! cohorts and the policy in the head. The inputs themselves are what the file says: they are covered by the hash.

use crate::compute::Cohorts;
use crate::line::{Head, Line, Reader, Unreadable};
use crate::model::{ComputedDay, Day, date_of};
use crate::rules::{self, Known};
use crate::store;
use ground::Problem;
use kernel::{ActRecord, Kernel, Result};
use ledger::View;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Days replayed at most in one go.
const DAYS_MAX: u64 = 4_000;
/// Differences told of one day.
const DIFFERENCES_MAX: usize = 50;

/// What to replay.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Only this day; all computed days without.
    pub day: Option<Day>,
    /// Only this product, `<merchant>/<the shop's number>`.
    pub product: Option<String>,
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Day by day, oldest first.
    pub days: Vec<Replayed>,
}

impl Replay {
    /// Whether every number and every proof holds.
    pub fn holds(&self) -> bool {
        self.days.iter().all(Replayed::holds)
    }
}

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// The day.
    pub day: Day,
    /// Lines computed again and compared.
    pub compared: u64,
    /// Of them, those that came out as they stand.
    pub equal: u64,
    /// Whether the file's SHA-256 is the one the day was kept under.
    pub hash_holds: bool,
    /// Whether the root over its lines is too.
    pub root_holds: bool,
    /// What the ledger says.
    pub ledger: Ledger,
    /// The first differences, in the order of the file.
    pub differences: Vec<Difference>,
}

impl Replayed {
    /// Whether everything about the day holds; a day whose act is not in a published tree yet does not.
    pub fn holds(&self) -> bool {
        self.differences.is_empty()
            && self.compared == self.equal
            && self.hash_holds
            && self.root_holds
            && matches!(self.ledger, Ledger::Proved { .. } | Ledger::NotAsked)
    }
}

/// What the ledger says of the act of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ledger {
    /// The act names this hash and root, and its leaf is in the signed tree.
    Proved {
        /// The act.
        act_id: String,
        /// Its position.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// It does not hold; why.
    Broken(String),
    /// Written, not in a published tree yet.
    NotYet,
    /// No ledger was given.
    NotAsked,
}

/// A value that does not come out as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Line of the file, from 1.
    pub line: u64,
    /// The product; empty for the head.
    pub product: String,
    /// The field.
    pub field: String,
    /// As it stands.
    pub stored: Value,
    /// As it is computed.
    pub computed: Value,
}

/// Replays computed days.
///
/// # Errors
/// `not_found` for a day that was not computed; what store and disk say. A difference is no error.
pub async fn replay(kernel: &Kernel, view: Option<&View>, request: &Request) -> Result<Replay> {
    let db = kernel.db().read();
    let days = match request.day {
        Some(day) => vec![store::days::get(db, day).await?.ok_or_else(Problem::not_found)?],
        None => store::days::from(db, None, DAYS_MAX).await?,
    };
    let mut replayed = Vec::with_capacity(days.len());
    for day in days {
        replayed.push(one(kernel, view, &day, request.product.as_deref()).await?);
    }
    Ok(Replay { days: replayed })
}

async fn one(kernel: &Kernel, view: Option<&View>, day: &ComputedDay, product: Option<&str>) -> Result<Replayed> {
    let folder = tempfile::tempdir().map_err(Problem::internal)?;
    let path = folder.path().join("day");
    let before = folder.path().join("before");
    let mut differences = Vec::new();
    fetch(kernel, &day.sha256, &path, &mut differences).await?;
    let previous = match day.previous {
        None => None,
        Some(previous) => store::days::get(kernel.db().read(), previous).await?,
    };
    if let Some(previous) = &previous {
        fetch(kernel, &previous.sha256, &before, &mut differences).await?;
    }
    let ledger = match view {
        None => Ledger::NotAsked,
        Some(view) => proved(kernel, view, day).await?,
    };
    let work = Work {
        day: day.clone(),
        previous: previous.map(|previous| (previous, before)),
        path,
        product: product.map(str::to_owned),
    };
    let mut replayed = tokio::task::spawn_blocking(move || {
        let _folder = folder;
        work.run()
    })
    .await
    .map_err(Problem::internal)??;
    differences.append(&mut replayed.differences);
    differences.truncate(DIFFERENCES_MAX);
    Ok(Replayed { ledger, differences, ..replayed })
}

/// Writes a kept file to the disk also where it is damaged: the damage is to be named.
async fn fetch(kernel: &Kernel, sha256: &str, path: &Path, differences: &mut Vec<Difference>) -> Result<()> {
    match kernel.blobs().get_file(sha256, path).await {
        Ok(_) | Err(blobs::Error::Damaged(_)) => Ok(()),
        Err(blobs::Error::Missing(_)) => {
            std::fs::write(path, b"").map_err(Problem::internal)?;
            differences.push(Difference {
                line: 0,
                product: String::new(),
                field: "file".to_owned(),
                stored: Value::Null,
                computed: Value::String(sha256.to_owned()),
            });
            Ok(())
        }
        Err(error) => Err(Problem::internal(error)),
    }
}

async fn proved(kernel: &Kernel, view: &View, day: &ComputedDay) -> Result<Ledger> {
    let proof = match ledger::proof::prove(kernel, view, &day.act_id).await {
        Ok(proof) => proof,
        Err(problem) if problem.code.code == ledger::NOT_YET.code => return Ok(Ledger::NotYet),
        Err(problem) => return Ok(Ledger::Broken(problem.to_string())),
    };
    if !proof.agrees {
        return Ok(Ledger::Broken("the act in the database does not say what its leaf says".to_owned()));
    }
    let leaf: Value = serde_json::from_slice(&proof.leaf).map_err(Problem::internal)?;
    let named = |key: &str| leaf["act"][key].as_str().unwrap_or_default().to_owned();
    let date = date_of(day.day).to_string();
    for (key, wanted) in [("sha256", &day.sha256), ("root", &day.root), ("day", &date)] {
        if named(key) != **wanted {
            return Ok(Ledger::Broken(format!("the leaf names {key} {}, the day was kept with {wanted}", named(key))));
        }
    }
    let act: &ActRecord = &proof.act;
    Ok(Ledger::Proved { act_id: act.id.clone(), index: proof.index, size: proof.checkpoint.size })
}

struct Work {
    day: ComputedDay,
    previous: Option<(ComputedDay, PathBuf)>,
    path: PathBuf,
    product: Option<String>,
}

impl Work {
    fn run(&self) -> Result<Replayed> {
        let mut replayed = Replayed {
            day: self.day.day,
            compared: 0,
            equal: 0,
            hash_holds: false,
            root_holds: false,
            ledger: Ledger::NotAsked,
            differences: Vec::new(),
        };
        let digests = Reader::open(&self.path)?.finish()?;
        replayed.hash_holds = digests.sha256 == self.day.sha256;
        replayed.root_holds = digests.root == self.day.root && digests.lines == self.day.lines;
        if let Some(head) = self.head(&mut replayed)? {
            self.lines(&head, &mut replayed)?;
        }
        Ok(replayed)
    }

    /// Reads the head and compares what follows from the lines.
    fn head(&self, replayed: &mut Replayed) -> Result<Option<Head>> {
        let mut reader = Reader::open(&self.path)?;
        let head = match reader.read_next::<Head>()? {
            Some(Ok(head)) => head,
            Some(Err(unreadable)) => {
                replayed.note(&unreadable);
                return Ok(None);
            }
            None => return Ok(None),
        };
        let (mut cohorts, mut products) = (Cohorts::default(), 0);
        while let Some(line) = reader.read_next::<Line>()? {
            products += 1;
            if let Ok(line) = line
                && let Some(policy) = head.policies.get(&line.market)
            {
                cohorts.add(policy, &line.market, &line.category, &line.sums);
            }
        }
        let previous = self.previous.as_ref().map(|(previous, _)| (previous.day, previous.sha256.clone()));
        let computed = Head {
            v: 1,
            day: self.day.day,
            previous,
            products,
            policies: head.policies.clone(),
            cohorts: cohorts.told(&head.policies),
        };
        replayed.compare(1, "", &head, &computed)?;
        Ok(Some(head))
    }

    fn lines(&self, head: &Head, replayed: &mut Replayed) -> Result<()> {
        let mut reader = Reader::open(&self.path)?;
        reader.raw()?;
        let mut before = Before::open(self.previous.as_ref().map(|(_, path)| path.as_path()))?;
        let gap = head.previous.as_ref().map_or(1, |(previous, _)| head.day - previous);
        while let Some(line) = reader.read_next::<Line>()? {
            let line = match line {
                Ok(line) => line,
                Err(unreadable) => {
                    replayed.note(&unreadable);
                    continue;
                }
            };
            if self.product.as_ref().is_some_and(|wanted| *wanted != line.key) {
                continue;
            }
            let held = before.of(&line.key)?;
            let policy = head.policy(&line.market)?;
            let priors = head.priors(policy, &line.market, &line.category);
            let known = Known {
                key: line.key.clone(),
                listing: line.listing.clone(),
                market: line.market.clone(),
                category: line.category.clone(),
                inputs: line.inputs().collect(),
                papers: line.papers(),
            };
            let carried = rules::carry(policy, head.day, gap, held.as_ref(), known);
            let computed = rules::judge(policy, &priors, head.day, gap, held.as_ref(), carried);
            replayed.compared += 1;
            if replayed.compare(reader.number(), &line.key, &line, &computed)? {
                replayed.equal += 1;
            }
        }
        Ok(())
    }
}

impl Replayed {
    fn note(&mut self, unreadable: &Unreadable) {
        self.differences.push(Difference {
            line: unreadable.line,
            product: String::new(),
            field: "line".to_owned(),
            stored: Value::String(unreadable.why.clone()),
            computed: Value::Null,
        });
    }

    /// Compares field by field; `true`: all equal.
    fn compare<T: PartialEq + serde::Serialize>(
        &mut self,
        line: u64,
        product: &str,
        stored: &T,
        computed: &T,
    ) -> Result<bool> {
        if stored == computed {
            return Ok(true);
        }
        let fields = |value: &T| match serde_json::to_value(value) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Ok(serde_json::Map::new()),
            Err(error) => Err(Problem::internal(error)),
        };
        let (stored, computed) = (fields(stored)?, fields(computed)?);
        for (field, value) in &stored {
            let other = computed.get(field).cloned().unwrap_or(Value::Null);
            if *value != other && self.differences.len() < DIFFERENCES_MAX {
                let product = product.to_owned();
                self.differences.push(Difference {
                    line,
                    product,
                    field: field.clone(),
                    stored: value.clone(),
                    computed: other,
                });
            }
        }
        Ok(false)
    }
}

/// The lines of the file before, asked for in the order of keys.
struct Before {
    reader: Option<Reader>,
    waiting: Option<Line>,
}

impl Before {
    fn open(path: Option<&Path>) -> Result<Before> {
        let Some(path) = path else { return Ok(Before { reader: None, waiting: None }) };
        let mut reader = Reader::open(path)?;
        reader.raw()?;
        Ok(Before { reader: Some(reader), waiting: None })
    }

    /// The line of a key; lines that cannot be read are passed over: their own day tells of them.
    fn of(&mut self, key: &str) -> Result<Option<Line>> {
        loop {
            if let Some(line) = &self.waiting {
                if line.key.as_str() > key {
                    return Ok(None);
                }
                if line.key == key {
                    return Ok(self.waiting.take());
                }
            }
            self.waiting = None;
            let Some(reader) = &mut self.reader else { return Ok(None) };
            match reader.read_next::<Line>()? {
                None => {
                    self.reader = None;
                    return Ok(None);
                }
                Some(Ok(line)) => self.waiting = Some(line),
                Some(Err(_)) => {}
            }
        }
    }
}
