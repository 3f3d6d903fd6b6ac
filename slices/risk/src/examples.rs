//! Examples: what a product looked like when a sign appeared, and how it ended.

use crate::gather::Gathered;
use crate::model::{Example, Mark, Source};
use crate::{parameters, store};
use ground::Timestamp;
use kernel::{Kernel, Result};
use sha2::{Digest, Sha256};

/// Draws judged in one closing.
const DUE_MAX: u64 = 5_000;

/// The day of a moment in the operator's zone, days since 1970-01-01.
pub fn day_of(kernel: &Kernel, at: Timestamp) -> i32 {
    signals::day_number(at.date_in(kernel.zone()))
}

/// Makes an example of what was gathered.
pub(crate) fn example(kernel: &Kernel, source: Source, reference: &str, day: i32, gathered: &Gathered) -> Example {
    Example {
        id: kernel.new_id(),
        source,
        reference: reference.to_owned(),
        merchant: gathered.merchant.clone(),
        product: gathered.product.clone(),
        day,
        taken_at: kernel.now(),
        due_day: None,
        vector: gathered.vector.clone(),
        label: None,
        labelled_day: None,
    }
}

/// Makes a mark about what was gathered.
pub(crate) fn mark(
    kernel: &Kernel,
    source: Source,
    reference: &str,
    at: Timestamp,
    gathered: &Gathered,
    adverse: bool,
) -> Mark {
    Mark {
        id: kernel.new_id(),
        at,
        source,
        reference: reference.to_owned(),
        merchant: gathered.merchant.clone(),
        product: gathered.product.clone(),
        category: gathered.link.as_ref().map(|link| link.category.clone()).unwrap_or_default(),
        adverse,
    }
}

/// The products drawn on a day: those with the smallest hashes of day and name. Nobody can choose them, and the same closing
/// draws the same ones again.
pub(crate) fn drawn<'a>(day: i32, products: impl Iterator<Item = &'a Gathered>, most: usize) -> Vec<&'a Gathered> {
    let mut ranked: Vec<([u8; 32], &Gathered)> = products
        .map(|one| {
            let text = format!("{day}\n{}\n{}", one.merchant, one.product);
            (Sha256::digest(text.as_bytes()).into(), one)
        })
        .collect();
    ranked.sort_unstable_by_key(|one| one.0);
    ranked.into_iter().take(most).map(|(_, one)| one).collect()
}

/// Ends the draws whose horizon is over: wrong, if something was found after the day of the draw and within the horizon.
/// Returns how many.
///
/// # Errors
/// What the store says.
pub(crate) async fn end_due(kernel: &Kernel, today: i32) -> Result<u64> {
    let due = store::examples::due(kernel.db().read(), today, DUE_MAX).await?;
    let start = |day: i32| Timestamp::start_of(signals::day_date(day), kernel.zone());
    let mut ended = Vec::with_capacity(due.len());
    for example in &due {
        let until = example.due_day.unwrap_or(example.day);
        let (from, until) = (start(example.day.saturating_add(1)), start(until.saturating_add(1)));
        let db = kernel.db().read();
        let wrong = store::marks::any_adverse(db, &example.merchant, &example.product, from, until).await?;
        ended.push((example.id.as_str(), wrong));
    }
    if ended.is_empty() {
        return Ok(0);
    }
    let tx = kernel.db().write_tx().await?;
    for (id, wrong) in &ended {
        store::examples::label(&tx, id, *wrong, today).await?;
    }
    tx.commit().await.map_err(store::fail)?;
    Ok(ended.len() as u64)
}

/// How many examples there are, and how many training needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Ended.
    pub ended: u64,
    /// Of them wrong.
    pub wrong: u64,
    /// Open.
    pub open: u64,
    /// Ended ones training needs.
    pub needed: u64,
    /// Wrong ones training needs.
    pub wrong_needed: u64,
}

/// How many examples there are.
///
/// # Errors
/// What the store says.
pub async fn counts(kernel: &Kernel) -> Result<Counts> {
    let parameters = parameters::parameters(kernel)?;
    let (ended, wrong, open) = store::examples::counts(kernel.db().read()).await?;
    let (needed, wrong_needed) = (parameters.examples_min as u64, parameters.positives_min as u64);
    Ok(Counts { ended, wrong, open, needed, wrong_needed })
}
