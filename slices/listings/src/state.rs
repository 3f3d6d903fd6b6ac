//! The states of a listing and of its versions, and which event leads where. Pure tables.

use std::fmt;

/// Where a listing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Being written; nobody has been asked.
    Draft,
    /// Waits for the machine.
    Submitted,
    /// The machine reads it.
    Screening,
    /// Nothing stands against it, but its merchant may not sell the category yet: not on sale.
    Passed,
    /// Waits for a person.
    InReview,
    /// Refused. A new version may be submitted.
    Rejected,
    /// On sale.
    OnSale,
    /// On sale under limits (region, quantity, no promotion).
    Restricted,
    /// Off the shelf until every hold is lifted.
    Suspended,
    /// Off the shelf for good. Final.
    Removed,
}

/// Where one version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VersionState {
    /// Not submitted.
    Draft,
    /// Waits for the machine.
    Submitted,
    /// The machine reads it.
    Screening,
    /// May be on sale.
    Passed,
    /// Waits for a person.
    InReview,
    /// Refused. Final.
    Rejected,
    /// A newer version took its place before it was decided. Final.
    Superseded,
}

/// What can happen to a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A version is submitted.
    Submit,
    /// The machine begins.
    Screen,
    /// The latest version passes.
    Pass,
    /// The latest version goes to a person.
    Review,
    /// The latest version is refused.
    Reject,
    /// A passed version is put on sale.
    List,
    /// Limits are put on the sale.
    Restrict,
    /// A hold is put on it.
    Suspend,
    /// The last hold, or the limits, are lifted.
    Restore,
    /// Removed for good.
    Remove,
}

impl State {
    /// Every state, in the order of a listing's life.
    pub const ALL: [State; 10] = [
        State::Draft,
        State::Submitted,
        State::Screening,
        State::Passed,
        State::InReview,
        State::Rejected,
        State::OnSale,
        State::Restricted,
        State::Suspended,
        State::Removed,
    ];

    /// The state after an event; `None` where the event does not fit. While an older version is on sale, the fate of
    /// a newer one does not move the listing.
    pub fn after(self, event: Event) -> Option<State> {
        use State::*;
        Some(match (self, event) {
            (Removed, _) => return None,
            (_, Event::Remove) => Removed,
            // Something is or was on the shelf: a version on its way changes nothing by itself.
            (
                OnSale | Restricted | Suspended,
                Event::Submit | Event::Screen | Event::Pass | Event::Review | Event::Reject,
            ) => self,
            (OnSale | Restricted | Suspended, Event::Suspend) => Suspended,
            (OnSale | Restricted, Event::Restrict) => Restricted,
            (OnSale, Event::List) => OnSale,
            (Restricted, Event::List) => Restricted,
            (Restricted | Suspended, Event::Restore) => OnSale,
            (Draft | Submitted | Screening | Passed | InReview | Rejected, Event::Submit) => Submitted,
            (Submitted | Screening, Event::Screen) => Screening,
            (Screening | InReview, Event::Pass) => Passed,
            (Screening | Passed, Event::Review) => InReview,
            (Screening | InReview | Passed, Event::Reject) => Rejected,
            (Passed, Event::List) => OnSale,
            (Passed, Event::Suspend) => Suspended,
            _ => return None,
        })
    }

    /// Whether a consumer can buy it.
    pub fn is_on_sale(self) -> bool {
        matches!(self, State::OnSale | State::Restricted)
    }

    /// Stable name, as stored and in message ids (`listings-state-in-review`).
    pub fn name(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Submitted => "submitted",
            State::Screening => "screening",
            State::Passed => "passed",
            State::InReview => "in_review",
            State::Rejected => "rejected",
            State::OnSale => "on_sale",
            State::Restricted => "restricted",
            State::Suspended => "suspended",
            State::Removed => "removed",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The id of the word a person reads.
    pub fn message_id(self) -> String {
        format!("listings-state-{}", self.name().replace('_', "-"))
    }
}

impl VersionState {
    /// Every state.
    pub const ALL: [VersionState; 7] = [
        VersionState::Draft,
        VersionState::Submitted,
        VersionState::Screening,
        VersionState::Passed,
        VersionState::InReview,
        VersionState::Rejected,
        VersionState::Superseded,
    ];

    /// Whether a version may go from this state to another.
    pub fn may_become(self, next: VersionState) -> bool {
        use VersionState::*;
        matches!(
            (self, next),
            (Draft, Submitted | Superseded)
                | (Submitted, Screening | Superseded)
                | (Screening, Submitted | Passed | InReview | Rejected | Superseded)
                | (InReview, Passed | Rejected | Superseded)
                | (Passed, InReview | Rejected)
        )
    }

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            VersionState::Draft => "draft",
            VersionState::Submitted => "submitted",
            VersionState::Screening => "screening",
            VersionState::Passed => "passed",
            VersionState::InReview => "in_review",
            VersionState::Rejected => "rejected",
            VersionState::Superseded => "superseded",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<VersionState> {
        VersionState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The id of the word a person reads.
    pub fn message_id(self) -> String {
        format!("listings-version-{}", self.name().replace('_', "-"))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for VersionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 10] = [
        Event::Submit,
        Event::Screen,
        Event::Pass,
        Event::Review,
        Event::Reject,
        Event::List,
        Event::Restrict,
        Event::Suspend,
        Event::Restore,
        Event::Remove,
    ];

    #[test]
    fn nothing_comes_on_sale_except_from_passed_or_from_the_shelf() {
        for state in State::ALL {
            for event in EVENTS {
                let on_sale_after = state.after(event).is_some_and(State::is_on_sale);
                let from_passed = state == State::Passed && event == Event::List;
                let was_on_shelf = matches!(state, State::OnSale | State::Restricted);
                let restored = state == State::Suspended && event == Event::Restore;
                assert!(!on_sale_after || from_passed || was_on_shelf || restored, "{state} {event:?}");
            }
        }
    }

    #[test]
    fn a_new_version_does_not_move_a_listing_that_is_on_the_shelf() {
        for state in [State::OnSale, State::Restricted, State::Suspended] {
            for event in [Event::Submit, Event::Screen, Event::Pass, Event::Review, Event::Reject] {
                assert_eq!(state.after(event), Some(state));
            }
        }
    }

    #[test]
    fn removed_is_final_and_every_other_state_can_be_removed() {
        assert!(EVENTS.iter().all(|event| State::Removed.after(*event).is_none()));
        for state in State::ALL.into_iter().filter(|state| *state != State::Removed) {
            assert_eq!(state.after(Event::Remove), Some(State::Removed));
        }
    }

    #[test]
    fn the_usual_way_leads_from_draft_to_the_shelf() {
        let walk = |events: &[Event]| events.iter().try_fold(State::Draft, |state, event| state.after(*event));
        assert_eq!(walk(&[Event::Submit, Event::Screen, Event::Pass, Event::List]), Some(State::OnSale));
        assert_eq!(walk(&[Event::Submit, Event::Screen, Event::Review, Event::Pass, Event::List]), Some(State::OnSale));
        assert_eq!(walk(&[Event::Submit, Event::List]), None, "unscreened goods cannot be listed");
        assert_eq!(walk(&[Event::Submit, Event::Pass]), None);
        assert_eq!(walk(&[Event::Submit, Event::Screen, Event::Reject, Event::List]), None);
    }

    #[test]
    fn a_version_passes_only_out_of_screening_or_review() {
        for state in VersionState::ALL {
            let may = state.may_become(VersionState::Passed);
            assert_eq!(may, matches!(state, VersionState::Screening | VersionState::InReview), "{state}");
        }
        for last in [VersionState::Rejected, VersionState::Superseded] {
            assert!(VersionState::ALL.iter().all(|next| !last.may_become(*next)));
        }
    }

    #[test]
    fn names_read_back() {
        assert!(State::ALL.iter().all(|state| State::from_name(state.name()) == Some(*state)));
        assert!(VersionState::ALL.iter().all(|state| VersionState::from_name(state.name()) == Some(*state)));
    }
}
