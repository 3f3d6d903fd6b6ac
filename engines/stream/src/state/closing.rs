//! Days that end: what was counted of them is told in day rows and becomes part of the closed window.

use super::{Closed, Error, Folded, State};
use crate::signal::KeyKind;
use crate::state::codec;
use crate::window::{DayRow, WINDOW_DAYS};

impl State {
    /// Closes every day through `day` that is not closed. After a gap longer than a window the days before the last window
    /// are closed together with its first.
    pub(super) fn close_through(
        &mut self,
        day: i32,
        emit: &mut dyn FnMut(&DayRow),
        folded: &mut Folded,
    ) -> Result<(), Error> {
        if self.closed_through.is_some_and(|closed| closed >= day) {
            return Ok(());
        }
        let earliest = self.pending.keys().next().copied().unwrap_or(day);
        let next = self.closed_through.map_or(earliest, |closed| closed.saturating_add(1));
        let first = next.max(day.saturating_sub(WINDOW_DAYS as i32 - 1)).min(day);
        for day in first..=day {
            match self.close_day(day, emit) {
                Ok(closed) => folded.closed.push(closed),
                Err(error) => {
                    self.broken = true;
                    return Err(error);
                }
            }
        }
        // Moving records together only saves disk: where it fails they stay readable where they are.
        let _ = self.keys.tidy_spill();
        Ok(())
    }

    fn close_day(&mut self, day: i32, emit: &mut dyn FnMut(&DayRow)) -> Result<Closed, Error> {
        let later = self.pending.split_off(&day.saturating_add(1));
        let told = std::mem::replace(&mut self.pending, later);
        let mut fingerprints: Vec<[u64; 2]> = told.into_values().flatten().collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        self.closed_through = Some(day);
        let mut closed = Closed { day, rows: 0, signals: 0 };
        for fingerprint in self.in_order_of_keys(fingerprints)? {
            self.tell(fingerprint, day, &mut closed, emit)?;
        }
        Ok(closed)
    }

    fn in_order_of_keys(&self, fingerprints: Vec<[u64; 2]>) -> Result<Vec<[u64; 2]>, Error> {
        let mut keyed = Vec::with_capacity(fingerprints.len());
        let mut buffer = Vec::new();
        for fingerprint in fingerprints {
            keyed.push((self.keys.key_of(fingerprint, &mut buffer)?, fingerprint));
        }
        keyed.sort_unstable();
        Ok(keyed.into_iter().map(|(_, fingerprint)| fingerprint).collect())
    }

    /// Tells what one key has to tell through `day`.
    fn tell(
        &mut self,
        fingerprint: [u64; 2],
        day: i32,
        closed: &mut Closed,
        emit: &mut dyn FnMut(&DayRow),
    ) -> Result<(), Error> {
        let place = self.keys.fetch(fingerprint)?.ok_or(Error::Damaged)?;
        let mut header = self.keys.hot.get(place).header;
        let key = self.keys.key(self.keys.hot.get(place)).to_key();
        for piece in header.take_pending_through(&mut self.keys.slabs, day) {
            header.merge(&mut self.keys.slabs, piece.day, &piece.counts, &piece.prices, &piece.shape);
            closed.rows += 1;
            if key.kind == KeyKind::Merchant {
                closed.signals += u64::from(piece.counts.signals);
            }
            emit(&DayRow {
                day: piece.day,
                closed_in: day,
                key: key.clone(),
                counts: piece.counts,
                prices: piece.prices,
                shape: piece.shape,
            });
        }
        self.keys.hot.get_mut(place).header = header;
        if self.keys.is_over() {
            // A full spill is no reason to stop here: the record stays in memory and leaves before the next block.
            let _ = self.keys.evict(place, self.floor_day());
        }
        Ok(())
    }

    /// Notes under its days what a record has yet to tell.
    pub(super) fn note_pending(&mut self, record: &codec::Unpacked<'_>) {
        let fingerprint = self.keys.fingerprint(record.key);
        for day in record.pending_days() {
            self.pending.entry(day).or_default().push(fingerprint);
        }
    }
}
