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

/// A new id that sorts after ids made at the same millisecond with a smaller `sequence` (RFC 9562 §6.2, method 1: the
/// twelve bits after the version count). Sequences above 4095 stay there.
pub fn new_id_in_sequence(clock: &dyn Clock, rng: &dyn Rng, sequence: u16) -> String {
    let mut random = [0u8; 10];
    rng.fill(&mut random);
    let sequence = sequence.min(0x0FFF);
    random[..2].copy_from_slice(&sequence.to_be_bytes());
    let millis = clock.now().micros().max(0) as u64 / 1000;
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
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
        let in_order: Vec<String> = (0..200).map(|place| new_id_in_sequence(&clock, &rng, place)).collect();
        assert!(in_order.is_sorted(), "ids of one millisecond keep their sequence");
        assert!(is_id(&first) && !is_id("../etc/passwd") && !is_id(""));
    }
}
