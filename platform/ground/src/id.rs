//! Ids: UUID version 7 (RFC 9562 §5.7), lower-case hyphenated text, 36 characters, ordered by time.

use crate::{Clock, Rng};
use uuid::Builder;

/// Length of every id, characters.
pub const ID_CHARS: usize = 36;

/// A new id. Ids made later by the same clock sort later to the millisecond.
pub fn new_id(clock: &dyn Clock, rng: &dyn Rng) -> String {
    let mut random = [0u8; 10];
    rng.fill(&mut random);
    let millis = clock.now().micros().max(0) as u64 / 1000;
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}

/// Makes ids that sort in the order they were made, also within a millisecond and while a clock stands still: the twelve
/// bits after the version count (RFC 9562 §6.2, method 1), and a full count borrows the next millisecond.
#[derive(Debug, Default)]
pub struct IdSequence(std::sync::Mutex<(u64, u16)>);

/// The largest count within a millisecond.
const COUNT_MAX: u16 = 0x0FFF;

impl IdSequence {
    /// The next id.
    pub fn next(&self, clock: &dyn Clock, rng: &dyn Rng) -> String {
        let now = clock.now().micros().max(0) as u64 / 1000;
        let (millis, count) = {
            let mut last = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            *last = match *last {
                (millis, _) if now > millis => (now, 0),
                (millis, COUNT_MAX) => (millis + 1, 0),
                (millis, count) => (millis, count + 1),
            };
            *last
        };
        let mut random = [0u8; 10];
        rng.fill(&mut random);
        random[..2].copy_from_slice(&count.to_be_bytes());
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
    }
}

/// Whether a text could be an id: keeps hostile path parts out of queries and log lines.
pub fn is_id(text: &str) -> bool {
    text.len() == ID_CHARS && uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FakeClock, SeededRng, Timestamp};

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let clock = FakeClock::at(Timestamp::from_micros(1_700_000_000_000_000));
        let rng = SeededRng::new(7);
        let first = new_id(&clock, &rng);
        clock.advance_micros(1_000);
        let second = new_id(&clock, &rng);
        assert!(first < second);
        let sequence = IdSequence::default();
        let in_order: Vec<String> = (0..9_000).map(|_| sequence.next(&clock, &rng)).collect();
        assert!(in_order.is_sorted(), "ids of a clock that stands still keep their order");
        assert!(is_id(&first) && !is_id("../etc/passwd") && !is_id(""));
    }
}
