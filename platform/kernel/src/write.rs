use crate::act::{Act, ActRecord, commitment};
use crate::outbox::Consumer;
use crate::{Actor, ActorKind, Kernel, Result, store};
use db::Tx;
use ground::{Problem, Timestamp};
use serde_json::{Value, json};

/// A decision under way: one transaction that holds the change, its acts and their outbox rows.
pub struct Write {
    kernel: Kernel,
    actor: Actor,
    tx: Tx,
    now: Timestamp,
    acts: Vec<ActRecord>,
}

impl Write {
    pub(crate) async fn begin(kernel: Kernel, actor: Actor) -> Result<Write> {
        let tx = kernel.db().write_tx().await?;
        let now = kernel.now();
        Ok(Write { kernel, actor, tx, now, acts: Vec::new() })
    }

    /// The transaction, for the slice's `store`.
    pub fn tx(&self) -> &Tx {
        &self.tx
    }

    /// The moment of the decision: the same for everything in it.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Who decides.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// A new id.
    pub fn new_id(&self) -> String {
        self.kernel.new_id()
    }

    /// Writes an act and its outbox rows. Returns the act's id.
    ///
    /// # Errors
    /// What the store says; `internal` for an act larger than a leaf may be.
    pub async fn act(&mut self, act: Act) -> Result<String> {
        let id = self.new_id();
        let record = self.record(id.clone(), act);
        if record.leaf().len() > LEAF_BYTES_MAX {
            return Err(Problem::internal(format!(
                "the act {} is larger than {LEAF_BYTES_MAX} bytes: put long lists into evidence",
                record.kind
            )));
        }
        store::insert_act(&self.tx, &record).await?;
        for consumer in Consumer::ALL {
            let row = self.new_id();
            store::insert_outbox(&self.tx, &row, &id, consumer, self.now).await?;
        }
        self.acts.push(record);
        Ok(id)
    }

    fn record(&self, id: String, act: Act) -> ActRecord {
        let mut public = act.public;
        let role = match (&self.actor.kind, self.actor.roles.iter().next()) {
            (ActorKind::System, _) => "system",
            (_, Some(role)) => role.name(),
            (_, None) => "none",
        };
        public.insert("id".into(), json!(id));
        public.insert("at".into(), json!(self.now.to_rfc3339()));
        public.insert("kind".into(), json!(act.kind));
        public.insert("subject".into(), json!({"kind": act.subject.kind, "id": act.subject.id}));
        public.insert("actor".into(), json!({"id": self.actor.id, "role": role}));
        if !act.related.is_empty() {
            let related: Vec<Value> =
                act.related.iter().map(|subject| json!({"kind": subject.kind, "id": subject.id})).collect();
            public.insert("related".into(), Value::Array(related));
        }
        let mut salt = vec![0u8; 32];
        self.kernel.rng().fill(&mut salt);
        let private = Value::Object(act.private);
        ActRecord {
            id,
            at: self.now,
            kind: act.kind,
            subject: act.subject,
            actor: self.actor.id.clone(),
            commitment: commitment(&salt, &private),
            public: Value::Object(public),
            private: Some(private),
            salt: Some(salt),
            leaf_index: None,
        }
    }

    /// Keeps everything. Wakes the outbox.
    ///
    /// # Errors
    /// `internal` when no act was written: a decision without an act does not exist. What the store says.
    pub async fn commit(self) -> Result<Vec<ActRecord>> {
        if self.acts.is_empty() {
            return Err(Problem::internal("a decision was about to be committed without an act"));
        }
        self.tx.commit().await.map_err(db::Error::from)?;
        for consumer in Consumer::ALL {
            self.kernel.wake(consumer.name());
        }
        Ok(self.acts)
    }
}

/// Largest leaf, bytes (C2SP tlog-tiles).
pub const LEAF_BYTES_MAX: usize = 65_535;
