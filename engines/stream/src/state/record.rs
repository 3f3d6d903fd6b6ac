//! The record of one key, of fixed-size pieces in slabs: a header, a piece for each day with activity, a piece of sketches
//! for each week with buyers or texts, and a piece for each day that is not closed (or came late and was not yet told).

use super::slab::{NIL, Slab};
use crate::counts::{DayCounts, Totals};
use crate::prices::DayPrices;
use crate::shape::Shape;
use crate::signal::Key;
use crate::window::{Concentration, PriceWindow, ReviewShape, View, WINDOW_DAYS, Window};

/// Weeks that 35 days can touch.
const WEEKS: usize = 6;
/// Days in a week.
const WEEK_DAYS: i32 = 7;

/// A closed day.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Day {
    pub day: i32,
    pub counts: DayCounts,
    pub prices: DayPrices,
}

/// Sketches of the closed days of a week.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Week {
    pub week: i32,
    pub shape: Shape,
}

/// What was counted of a day and not yet told in a day row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pending {
    pub day: i32,
    pub next: u32,
    pub counts: DayCounts,
    pub prices: DayPrices,
    pub shape: Shape,
}

impl Pending {
    /// Reads a little of each part that counting will write.
    pub fn touch(&self) -> u64 {
        (self.day as u64)
            .wrapping_add(u64::from(self.counts.signals))
            .wrapping_add(u64::from(self.prices.seen))
            .wrapping_add(u64::from(self.shape.buyers_top.seen()))
    }
}

/// The pieces of all records.
#[derive(Debug, Default)]
pub(crate) struct Slabs {
    pub days: Slab<Day>,
    pub weeks: Slab<Week>,
    pub pending: Slab<Pending>,
}

impl Slabs {
    /// Bytes held by the pieces.
    pub fn bytes(&self) -> usize {
        self.days.bytes() + self.weeks.bytes() + self.pending.bytes()
    }
}

/// What is kept of every hot key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    /// First day in a day row.
    pub first_day: i32,
    /// Last day in a day row.
    pub last_day: i32,
    /// Sum of the day rows.
    pub totals: Totals,
    /// The newest piece that is not told; the others hang from it.
    pub pending: u32,
    pub(super) days: [u32; WINDOW_DAYS],
    pub(super) weeks: [u32; WEEKS],
}

impl Default for Header {
    fn default() -> Self {
        Header {
            first_day: i32::MAX,
            last_day: i32::MIN,
            totals: Totals::default(),
            pending: NIL,
            days: [NIL; WINDOW_DAYS],
            weeks: [NIL; WEEKS],
        }
    }
}

/// The week a day is in.
fn week_of(day: i32) -> i32 {
    day.div_euclid(WEEK_DAYS)
}

impl Header {
    /// Adds what a day row says. A day that fell out of the window counts in the totals only.
    pub fn merge(&mut self, slabs: &mut Slabs, day: i32, counts: &DayCounts, prices: &DayPrices, shape: &Shape) {
        self.totals.add(counts);
        self.first_day = self.first_day.min(day);
        self.last_day = self.last_day.max(day);
        let slot = &mut self.days[day.rem_euclid(WINDOW_DAYS as i32) as usize];
        if *slot == NIL {
            *slot = slabs.days.put(Day { day, ..Day::default() });
        }
        let piece = slabs.days.get_mut(*slot);
        if piece.day < day {
            *piece = Day { day, ..Day::default() };
        }
        if piece.day == day {
            piece.counts.add(counts);
            piece.prices.add(prices);
        }
        if !shape.is_empty() {
            self.merge_shape(slabs, week_of(day), shape);
        }
    }

    fn merge_shape(&mut self, slabs: &mut Slabs, week: i32, shape: &Shape) {
        let slot = &mut self.weeks[week.rem_euclid(WEEKS as i32) as usize];
        if *slot == NIL {
            *slot = slabs.weeks.put(Week { week, ..Week::default() });
        }
        let piece = slabs.weeks.get_mut(*slot);
        if piece.week < week {
            *piece = Week { week, ..Week::default() };
        }
        if piece.week == week {
            piece.shape.add(shape);
        }
    }

    /// The piece in which a day is counted until it is told; says whether it is new.
    pub fn pending_piece(&mut self, slabs: &mut Slabs, day: i32) -> (u32, bool) {
        let mut place = self.pending;
        while place != NIL {
            let piece = slabs.pending.get(place);
            if piece.day == day {
                return (place, false);
            }
            place = piece.next;
        }
        let piece = Pending {
            day,
            next: self.pending,
            counts: DayCounts::default(),
            prices: DayPrices::default(),
            shape: Shape::default(),
        };
        self.pending = slabs.pending.put(piece);
        (self.pending, true)
    }

    /// Takes the pieces of days through `day` out of the list, oldest first.
    pub fn take_pending_through(&mut self, slabs: &mut Slabs, day: i32) -> Vec<Pending> {
        let mut taken = Vec::new();
        let mut kept = NIL;
        let mut place = self.pending;
        while place != NIL {
            let piece = *slabs.pending.get(place);
            if piece.day <= day {
                taken.push(piece);
                slabs.pending.take(place);
            } else {
                slabs.pending.get_mut(place).next = kept;
                kept = place;
            }
            place = piece.next;
        }
        self.pending = kept;
        taken.sort_unstable_by_key(|piece| piece.day);
        taken
    }

    /// The pieces not yet told, oldest first.
    pub fn pending_pieces(&self, slabs: &Slabs) -> Vec<Pending> {
        let mut pieces = Vec::new();
        let mut place = self.pending;
        while place != NIL {
            let piece = slabs.pending.get(place);
            pieces.push(*piece);
            place = piece.next;
        }
        pieces.sort_unstable_by_key(|piece| piece.day);
        pieces
    }

    /// Closed days from `first` on, oldest first.
    pub fn closed_days(&self, slabs: &Slabs, first: i32) -> Vec<Day> {
        let mut days: Vec<Day> = self.slots(&self.days).map(|place| *slabs.days.get(place)).collect();
        days.retain(|piece| piece.day >= first);
        days.sort_unstable_by_key(|piece| piece.day);
        days
    }

    /// Closed weeks from that of the day `first` on, oldest first.
    pub fn closed_weeks(&self, slabs: &Slabs, first: i32) -> Vec<Week> {
        let mut weeks: Vec<Week> = self.slots(&self.weeks).map(|place| *slabs.weeks.get(place)).collect();
        weeks.retain(|piece| piece.week >= week_of(first));
        weeks.sort_unstable_by_key(|piece| piece.week);
        weeks
    }

    fn slots<'a>(&'a self, slots: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        slots.iter().copied().filter(|place| *place != NIL)
    }

    /// Puts pieces read from a snapshot or from the spill in their places.
    pub fn place(&mut self, slabs: &mut Slabs, days: &[Day], weeks: &[Week], pending: &[Pending]) {
        for piece in days {
            self.days[piece.day.rem_euclid(WINDOW_DAYS as i32) as usize] = slabs.days.put(*piece);
        }
        for piece in weeks {
            self.weeks[piece.week.rem_euclid(WEEKS as i32) as usize] = slabs.weeks.put(*piece);
        }
        for piece in pending {
            self.pending = slabs.pending.put(Pending { next: self.pending, ..*piece });
        }
    }

    /// Gives every piece back.
    pub fn release(&self, slabs: &mut Slabs) {
        self.slots(&self.days).for_each(|place| slabs.days.take(place));
        self.slots(&self.weeks).for_each(|place| slabs.weeks.take(place));
        let mut place = self.pending;
        while place != NIL {
            slabs.pending.take(place);
            place = slabs.pending.get(place).next;
        }
    }

    /// Whether a day row of it was ever told.
    pub fn is_told(&self) -> bool {
        self.first_day != i32::MAX
    }

    /// The window whose newest day is `last_day`.
    pub fn window(&self, slabs: &Slabs, key: Key, last_day: i32, view: View) -> Window {
        let first_day = last_day.saturating_sub(WINDOW_DAYS as i32 - 1);
        let place_of = |day: i32| (first_day..=last_day).contains(&day).then(|| (day - first_day) as usize);
        let mut days = [DayCounts::default(); WINDOW_DAYS];
        let mut prices = [DayPrices::default(); WINDOW_DAYS];
        let mut totals = self.totals;
        let (mut first_seen_day, mut last_seen_day) = (self.first_day, self.last_day);
        let (mut shape, mut recent) = (Shape::default(), Shape::default());
        let recent_from = week_of(last_day) - 1;
        let mut see_shape = |week: i32, other: &Shape| {
            if week >= week_of(first_day) && week <= week_of(last_day) && !other.is_empty() {
                shape.add(other);
                if week >= recent_from {
                    recent.add(other);
                }
            }
        };
        for piece in self.slots(&self.days).map(|place| slabs.days.get(place)) {
            if let Some(place) = place_of(piece.day) {
                days[place] = piece.counts;
                prices[place] = piece.prices;
            }
        }
        for piece in self.closed_weeks(slabs, first_day) {
            see_shape(piece.week, &piece.shape);
        }
        if view == View::Open && self.pending != NIL {
            for piece in self.pending_pieces(slabs) {
                if let Some(place) = place_of(piece.day) {
                    days[place].add(&piece.counts);
                    prices[place].add(&piece.prices);
                }
                totals.add(&piece.counts);
                first_seen_day = first_seen_day.min(piece.day);
                last_seen_day = last_seen_day.max(piece.day);
                see_shape(week_of(piece.day), &piece.shape);
            }
        }
        let mut sum = DayCounts::default();
        let mut recent_sum = DayCounts::default();
        for (day, counts) in (first_day..).zip(&days) {
            sum.add(counts);
            if week_of(day) >= recent_from {
                recent_sum.add(counts);
            }
        }
        let concentration = |shape: &Shape, sum: &DayCounts| {
            Concentration::of(shape, u64::from(sum.young_orders), u64::from(sum.aged_orders))
        };
        Window {
            key,
            first_day,
            last_day,
            totals,
            first_seen_day,
            last_seen_day,
            buyers: concentration(&shape, &sum),
            buyers_recent: concentration(&recent, &recent_sum),
            price: PriceWindow::of(&prices),
            reviews: ReviewShape::of(&sum, &shape),
            days,
            prices,
        }
    }
}
