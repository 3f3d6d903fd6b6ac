//! Generated traffic, to measure how often honest people are suspected and how surely copies are found. The shares are
//! assumptions, all of them here.

use super::place::{Place, Source};
use super::record::mixed;
use super::{Event, Facts, Observation, UnitState};
use ground::time::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS};
use ground::{Rng, Timestamp};

/// A city: degrees north and east, and its country by number; country 0 is where the goods are sold.
struct City(f64, f64, usize);

const CITIES: [City; 20] = [
    City(39.90, 116.40, 0),
    City(31.23, 121.47, 0),
    City(23.13, 113.26, 0),
    City(30.57, 104.07, 0),
    City(45.80, 126.53, 0),
    City(43.83, 87.62, 0),
    City(36.06, 120.38, 0),
    City(34.34, 108.94, 0),
    City(25.04, 102.71, 0),
    City(29.65, 91.14, 0),
    City(26.07, 119.30, 0),
    City(38.04, 114.51, 0),
    City(35.68, 139.69, 1),
    City(1.35, 103.82, 2),
    City(48.86, 2.35, 3),
    City(51.51, -0.13, 4),
    City(37.77, -122.42, 5),
    City(40.71, -74.01, 5),
    City(-33.87, 151.21, 6),
    City(55.76, 37.62, 7),
];
const CITIES_HOME: u64 = 12;

/// Middle and radius (kilometres) of the countries above.
const COUNTRIES: [(f64, f64, f64); 8] = [
    (35.0, 103.0, 2600.0),
    (36.5, 138.0, 1200.0),
    (1.35, 103.82, 30.0),
    (46.5, 2.5, 550.0),
    (54.0, -2.0, 600.0),
    (39.5, -98.5, 2500.0),
    (-25.5, 134.5, 2200.0),
    (60.0, 90.0, 3800.0),
];

/// How well places are known: shares of scans.
const GIVEN_SHARE: f64 = 0.30;
const NETWORK_SHARE: f64 = 0.55;
/// Network places that are those of a relay in another country.
const RELAY_SHARE: f64 = 0.03;
/// Given places that are simply wrong.
const WRONG_POSITION_SHARE: f64 = 0.001;

/// Who scans an honest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honest {
    /// A buyer, once.
    Buyer,
    /// A family, several phones, twice and more.
    Family,
    /// A shop taking stock, then a family.
    Shop,
    /// Bought at home, flown abroad as fast as one can, shown there to somebody else.
    Traveller,
    /// A dinner: many guests scan the bottle in one evening.
    Party,
}

impl Honest {
    /// Every kind with its share of units.
    pub const SHARES: [(Honest, f64); 5] = [
        (Honest::Buyer, 0.55),
        (Honest::Family, 0.30),
        (Honest::Shop, 0.12),
        (Honest::Traveller, 0.02),
        (Honest::Party, 0.01),
    ];
}

/// How a unit's code is misused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// Copied onto packages sold in many cities; each buyer scans.
    Copies,
    /// Copied onto packages of one market stall: one city, many phones.
    Stall,
    /// A package returned, emptied and sold again in another order without coming back through the shop.
    Resale,
    /// A roll of labels stolen before it was used.
    StolenRoll,
    /// Taken from packages that were destroyed.
    Scrapped,
    /// Diverted as a whole to a country it is not meant for.
    Diverted,
}

impl Attack {
    /// Every kind.
    pub const ALL: [Attack; 6] =
        [Attack::Copies, Attack::Stall, Attack::Resale, Attack::StolenRoll, Attack::Scrapped, Attack::Diverted];
}

/// What happens to one unit, in order, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// Oldest first.
    pub seen: Vec<Observation>,
    /// Apart from that.
    pub facts: Facts,
}

/// The life of an honest unit.
pub fn honest(rng: &dyn Rng, kind: Honest, start: Timestamp) -> Life {
    let mut people = People { rng, seen: Vec::new() };
    let home = rng.below(CITIES_HOME) as usize;
    let bought = start.plus_micros((rng.unit() * 20.0 * DAY_MICROS as f64) as i64);
    people.sale(rng.next_u64(), bought);
    let opened = bought.plus_micros((rng.unit() * 10.0 * DAY_MICROS as f64) as i64 + HOUR_MICROS);
    match kind {
        Honest::Buyer => people.scan(home, rng.next_u64(), opened),
        Honest::Family => people.family(home, opened),
        Honest::Shop => {
            let (shop, phone) = (rng.below(CITIES_HOME) as usize, rng.next_u64());
            for check in 0..=rng.below(3) as i64 {
                people.scan(shop, phone, start.plus_micros(check * 3 * DAY_MICROS - 9 * DAY_MICROS));
            }
            people.family(home, opened);
        }
        Honest::Traveller => {
            people.scan(home, rng.next_u64(), opened);
            let abroad = CITIES_HOME as usize + rng.below(CITIES.len() as u64 - CITIES_HOME) as usize;
            let km = exact(home).distance_km(&exact(abroad));
            // Airliners at 900 km/h and one hour on the ground: nobody is faster.
            let hours = km / 900.0 + 1.0 + rng.unit() * 20.0;
            people.scan(abroad, rng.next_u64(), opened.plus_micros((hours * HOUR_MICROS as f64) as i64));
        }
        Honest::Party => {
            for guest in 0..4 + rng.below(6) as i64 {
                people.scan(home, rng.next_u64(), opened.plus_micros(guest * 7 * MINUTE_MICROS));
            }
        }
    }
    people.life(UnitState::Commissioned)
}

/// The life of a unit whose code is misused; `copies` is how many false packages carry it.
pub fn misused(rng: &dyn Rng, kind: Attack, copies: u64, start: Timestamp) -> Life {
    let mut people = People { rng, seen: Vec::new() };
    let day = |days: f64| start.plus_micros((days * DAY_MICROS as f64) as i64);
    people.sale(1, start);
    let mut state = UnitState::Commissioned;
    match kind {
        Attack::Copies => {
            for _ in 0..copies {
                people.scan(rng.below(CITIES_HOME) as usize, rng.next_u64(), day(rng.unit() * 20.0));
            }
        }
        Attack::Stall => {
            let city = rng.below(CITIES_HOME) as usize;
            for _ in 0..copies.max(20) {
                people.scan(city, rng.next_u64(), day(rng.unit()));
            }
        }
        Attack::Resale => {
            people.scan(0, rng.next_u64(), day(1.0));
            people.sale(2, day(5.0));
        }
        Attack::StolenRoll => {
            people.scan(0, rng.next_u64(), day(1.0));
            state = UnitState::NotCommissioned;
        }
        Attack::Scrapped => {
            people.scan(0, rng.next_u64(), day(9.0));
            state = UnitState::Decommissioned { at: start };
        }
        Attack::Diverted => {
            let city = CITIES_HOME as usize + rng.below(CITIES.len() as u64 - CITIES_HOME) as usize;
            for _ in 0..copies.max(8) {
                people.scan(city, rng.next_u64(), day(rng.unit() * 20.0));
            }
        }
    }
    people.life(state)
}

fn exact(city: usize) -> Place {
    let City(latitude, longitude, _) = CITIES[city];
    Place {
        latitude_e4: (latitude * 1e4) as i32,
        longitude_e4: (longitude * 1e4) as i32,
        radius_km: 1,
        source: Source::Given,
    }
}

struct People<'a> {
    rng: &'a dyn Rng,
    seen: Vec<Observation>,
}

impl People<'_> {
    fn family(&mut self, home: usize, opened: Timestamp) {
        let phones: Vec<u64> = (0..1 + self.rng.below(4)).map(|_| self.rng.next_u64()).collect();
        for _ in 0..2 + self.rng.below(4) {
            let phone = phones[self.rng.below(phones.len() as u64) as usize];
            let at = opened.plus_micros((self.rng.unit().powi(3) * 30.0 * DAY_MICROS as f64) as i64);
            self.scan(home, phone, at);
        }
    }

    fn scan(&mut self, city: usize, phone: u64, at: Timestamp) {
        let (place, country) = self.place(city);
        // A phone is known by a hash that changes every day.
        let device = mixed(phone ^ at.micros().div_euclid(DAY_MICROS) as u64);
        let abroad = country.map(|country| country != 0);
        self.seen.push(Observation { at, event: Event::Scan, device: Some(device), place, abroad });
    }

    fn sale(&mut self, order: u64, at: Timestamp) {
        self.seen.push(Observation { event: Event::Sale { order: order.max(1) }, ..Observation::scan(at) });
    }

    fn place(&self, city: usize) -> (Option<Place>, Option<usize>) {
        let (known, rng) = (self.rng.unit(), self.rng);
        if known < GIVEN_SHARE {
            let wrong = rng.unit() < WRONG_POSITION_SHARE;
            let City(latitude, longitude, country) = CITIES[if wrong { rng.below(20) as usize } else { city }];
            // Within the city and its surroundings.
            let (north, east) = ((rng.unit() - 0.5) * 0.4, (rng.unit() - 0.5) * 0.4);
            return (Place::from_degrees(latitude + north, longitude + east, 2.0, Source::Given), Some(country));
        }
        if known < GIVEN_SHARE + NETWORK_SHARE {
            let relayed = rng.unit() < RELAY_SHARE;
            let country = if relayed { rng.below(8) as usize } else { CITIES[city].2 };
            let (latitude, longitude, radius_km) = COUNTRIES[country];
            return (Place::from_degrees(latitude, longitude, radius_km, Source::Network), Some(country));
        }
        (None, None)
    }

    fn life(mut self, state: UnitState) -> Life {
        self.seen.sort_by_key(|seen| seen.at);
        Life { seen: self.seen, facts: Facts { state } }
    }
}
