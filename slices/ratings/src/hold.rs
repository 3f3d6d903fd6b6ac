//! A person keeps, lifts or releases what a rating does to the sale.

use crate::error::Error;
use crate::model::{Effect, Held, Override, Rating};
use crate::publish::{about, effect_acts};
use crate::reactions::policy_of;
use crate::store;
use ground::limits::NOTE_CHARS_MAX;
use ground::{Fault, Problem};
use kernel::{Actor, Kernel, Permission, Result};

/// What a person wants of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It stays as it is, whatever the rating becomes.
    Keep,
    /// It ends now and does not come back by itself.
    Lift,
    /// The rules decide again.
    Release,
}

impl Wish {
    /// Every wish.
    pub const ALL: [Wish; 3] = [Wish::Keep, Wish::Lift, Wish::Release];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Wish::Keep => "keep",
            Wish::Lift => "lift",
            Wish::Release => "release",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Wish> {
        Wish::ALL.into_iter().find(|wish| wish.name() == name)
    }
}

/// Does it, with a reason. Acts: `rating.effect_kept`, `.effect_lifted`, `.effect_released`, and that of the effect that came
/// or went.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input` without a reason, `rating_not_held`, `rating_no_effect`.
pub async fn hold(
    kernel: &Kernel,
    actor: &Actor,
    merchant: &str,
    product: &str,
    wish: Wish,
    reason: &str,
) -> Result<Rating> {
    actor.require(Permission::RatingsManage)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Problem::invalid_field("reason", "ratings-fault-reason"));
    }
    if reason.chars().count() > NOTE_CHARS_MAX {
        let fault = Fault::field("reason", "ratings-fault-long").arg("most", NOTE_CHARS_MAX);
        return Problem::check(vec![fault]).and_then(|()| Err(Problem::not_found()));
    }
    let mut write = kernel.begin(actor).await?;
    let before = store::ratings::get(write.tx(), merchant, product).await?.ok_or_else(Problem::not_found)?;
    if wish == Wish::Release && before.held.is_none() {
        return Err(Error::NotHeld.into());
    }
    if wish == Wish::Lift && before.applied == Effect::None && before.effect == Effect::None {
        return Err(Error::NoEffect.into());
    }
    let mut rating = before.clone();
    rating.applied = match wish {
        Wish::Keep => before.applied,
        Wish::Lift => Effect::None,
        Wish::Release => before.effect,
    };
    let policy = policy_of(kernel, &rating.market)?;
    let kind = match wish {
        Wish::Keep => "rating.effect_kept",
        Wish::Lift => "rating.effect_lifted",
        Wish::Release => "rating.effect_released",
    };
    let act = about(kind, &policy, &rating)
        .public("effect", rating.applied.name())
        .outcome(wish.name())
        .private("reason", reason);
    let act_id = write.act(act).await?;
    let held = |how: Override| Held {
        how,
        by: actor.id.clone(),
        at: write.now(),
        reason: reason.to_owned(),
        act_id: act_id.clone(),
    };
    rating.held = match wish {
        Wish::Keep => Some(held(Override::Kept)),
        Wish::Lift => Some(held(Override::Lifted)),
        Wish::Release => None,
    };
    rating.act_id = Some(act_id.clone());
    let by_person = [format!("person_{}", wish.name())];
    for act in effect_acts(&policy, &rating, before.applied, &by_person) {
        rating.act_id = Some(write.act(act).await?);
    }
    rating.reasons = by_person.to_vec();
    rating.at = write.now();
    rating.sequence = store::days::take_numbers(write.tx(), 1).await?;
    store::ratings::keep(write.tx(), std::slice::from_ref(&rating)).await?;
    write.commit().await?;
    Ok(rating)
}
