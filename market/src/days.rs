//! What happens on a marketplace from hour to hour: orders and what follows from them, with faults whose truth is known.
//!
//! Every order is drawn from the seed, its goods and its hour alone, so any stretch of time can be made by itself: the
//! signals of a day are the same whether they are asked for at once or minute by minute.

use ground::time::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS};
use ground::{Rng, SeededRng};

/// Longest time from an order to the last thing that follows from it.
const REACH_MICROS: i64 = 12 * DAY_MICROS;
/// Most signals of one call; whoever wants more asks for shorter stretches.
pub const SIGNALS_MAX: usize = 2_000_000;
/// Parts of an hour's orders by the hour of the day at UTC+8, per mille of a day.
const HOURS: [u64; 24] = [18, 10, 6, 5, 5, 8, 16, 28, 40, 52, 58, 56, 54, 52, 48, 46, 46, 48, 54, 66, 78, 82, 72, 52];
/// Honest buyers.
const BUYERS: u64 = 200_000;
/// What buyers write; honest reviews are put together from these.
const WORDS: [&str; 12] = [
    "包装完好",
    "物流很快",
    "和描述一致",
    "家里人都喜欢",
    "价格合适",
    "做工还可以",
    "客服态度好",
    "会再来",
    "颜色好看",
    "味道不错",
    "尺寸合适",
    "用了几天没问题",
];

/// What is true of some goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Nothing special.
    Ordinary,
    /// From six hours into the live day a new lot is delivered, and it is faulty.
    BatchFault,
    /// A fair promotion on the live day: cheaper, eight times as many orders by ordinary people.
    Promotion,
    /// On the live day a dozen young accounts order empty parcels.
    Brushing,
    /// On the live day bought reviews arrive, all five stars and of one text.
    BoughtReviews,
    /// On the live day the price almost triples for some hours.
    PriceShock,
}

impl Part {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Part::Ordinary => "ordinary",
            Part::BatchFault => "batch_fault",
            Part::Promotion => "promotion",
            Part::Brushing => "brushing",
            Part::BoughtReviews => "bought_reviews",
            Part::PriceShock => "price_shock",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Part> {
        use Part::*;
        [Ordinary, BatchFault, Promotion, Brushing, BoughtReviews, PriceShock]
            .into_iter()
            .find(|part| part.name() == name)
    }
}

/// Goods that are bought.
#[derive(Debug, Clone)]
pub struct Goods {
    /// Whose.
    pub merchant: String,
    /// The shop's number of them.
    pub product: String,
    /// Price, fen.
    pub price_minor: i64,
    /// Orders a day.
    pub orders_a_day: u64,
    /// What is true of them.
    pub part: Part,
}

/// A signal as a shop would send it: one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// When, UTC microseconds.
    pub at_us: i64,
    /// The line, without its end.
    pub json: String,
}

/// One story: the goods, the seed and the day on which things go wrong.
#[derive(Debug, Clone)]
pub struct Story {
    /// Same seed, same market.
    pub seed: u64,
    /// The goods.
    pub goods: Vec<Goods>,
    /// Start of the live day, UTC microseconds.
    pub live_from_us: i64,
}

impl Story {
    /// Every signal after `from_us` and up to `to_us`, in the order of time.
    pub fn between(&self, from_us: i64, to_us: i64) -> Vec<Line> {
        let mut lines = Vec::new();
        for place in 0..self.goods.len() {
            let first = (from_us - REACH_MICROS).div_euclid(HOUR_MICROS);
            for hour in first..=to_us.div_euclid(HOUR_MICROS) {
                let mut told = Told { from_us, to_us, lines: &mut lines };
                self.hour(place, hour, &mut told);
            }
            if lines.len() > SIGNALS_MAX {
                break;
            }
        }
        lines.sort_unstable();
        lines
    }

    fn is_live(&self, at_us: i64) -> bool {
        (self.live_from_us..self.live_from_us + DAY_MICROS).contains(&at_us)
    }

    /// Everything that follows from what is ordered in one hour.
    fn hour(&self, place: usize, hour: i64, told: &mut Told<'_>) {
        let goods = &self.goods[place];
        let start = hour * HOUR_MICROS;
        let rng = SeededRng::new(self.seed ^ (place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (hour as u64) << 20);
        let busy = HOURS[(hour + 8).rem_euclid(24) as usize];
        let live = self.is_live(start);
        let many = if live && goods.part == Part::Promotion { 8 } else { 1 };
        let orders = poisson(&rng, (goods.orders_a_day * busy * many) as f64 / 1000.0);
        let price = self.price(goods, start);
        told.price(place, goods, hour, start, price, live);
        for number in 0..orders {
            self.order(goods, &format!("{place}-{hour}-{number}"), start, price, &rng, told);
        }
        if live && goods.part == Part::Brushing && busy > 20 {
            for number in 0..14 {
                brushed(goods, &format!("{place}-{hour}-B{number}"), start, price, &rng, told);
            }
        }
        if live && goods.part == Part::BoughtReviews && busy > 20 {
            for number in 0..9 {
                bought_review(goods, &format!("{place}-{hour}-V{number}"), start, &rng, told);
            }
        }
    }

    fn price(&self, goods: &Goods, at_us: i64) -> i64 {
        let since = (at_us - self.live_from_us).div_euclid(HOUR_MICROS);
        match goods.part {
            Part::Promotion if (0..24).contains(&since) => goods.price_minor * 8 / 10,
            Part::PriceShock if (8..20).contains(&since) => goods.price_minor * 28 / 10,
            _ => goods.price_minor,
        }
    }

    fn order(&self, goods: &Goods, id: &str, start: i64, price: i64, rng: &dyn Rng, told: &mut Told<'_>) {
        let ordered = start + rng.below(HOUR_MICROS as u64) as i64;
        let shipped = ordered + span(rng, 3 * HOUR_MICROS, 20 * HOUR_MICROS);
        let delivered = shipped + span(rng, 10 * HOUR_MICROS, 60 * HOUR_MICROS);
        let faulty = goods.part == Part::BatchFault && delivered >= self.live_from_us + 6 * HOUR_MICROS;
        let lot = if faulty { "2611-B" } else { "2610-A" };
        let buyer = rng.below(BUYERS);
        let age = 30 + (buyer.wrapping_mul(2_654_435_761) % 2000);
        let line = |kind: &str, at: i64, rest: &str| {
            let id = format!("{kind}-{id}");
            format!(
                r#"{{"id":"{id}","kind":"{kind}","at":{at},"merchant":"{}","product":"{}","lot":"{lot}","order":"O-{}"{rest}}}"#,
                goods.merchant,
                goods.product,
                &id[kind.len() + 1..],
            )
        };
        let person = format!(r#""buyer":"b{buyer}","buyer_age_days":{age}"#);
        told.tell(ordered, || {
            line("order", ordered, &format!(r#","amount_minor":{price},"attributes":{{{person},"device":"d{buyer}"}}"#))
        });
        told.tell(shipped, || {
            line("shipment", shipped, &format!(r#","attributes":{{"weight_grams":{}}}"#, 300 + buyer % 400))
        });
        told.tell(delivered, || line("delivery", delivered, ""));
        let luck = rng.below(10_000);
        let (complains, returns) = if faulty { (3_000, 3_800) } else { (60, 320) };
        let after = if faulty {
            span(rng, 30 * MINUTE_MICROS, 5 * HOUR_MICROS)
        } else {
            span(rng, 4 * HOUR_MICROS, 6 * DAY_MICROS)
        };
        let at = delivered + after;
        if luck < complains {
            let reason = if faulty { "safety" } else { "quality" };
            told.tell(at, || line("complaint", at, &format!(r#","attributes":{{{person},"reason":"{reason}"}}"#)));
        } else if luck < returns {
            told.tell(at, || {
                line(
                    "return",
                    at,
                    &format!(r#","amount_minor":{price},"attributes":{{{person},"reason":"changed_mind"}}"#),
                )
            });
        }
        if rng.below(100) < 22 {
            let stars = match rng.below(100) {
                0..=2 => 1,
                3..=5 => 2,
                6..=13 => 3,
                14..=37 => 4,
                _ => 5,
            };
            let stars = if faulty && luck < returns { 1 } else { stars };
            let words = [0, 1, 2].map(|_| WORDS[rng.below(WORDS.len() as u64) as usize]).join("，");
            let text = format!("{words} {}", buyer % 977);
            let at = delivered + span(rng, 5 * HOUR_MICROS, 5 * DAY_MICROS);
            told.tell(at, || {
                line(
                    "review",
                    at,
                    &format!(r#","attributes":{{{person},"rating":{stars},"text":"{text}","verified":true}}"#),
                )
            });
        }
    }
}

/// An empty parcel to one of a dozen young accounts.
fn brushed(goods: &Goods, id: &str, start: i64, price: i64, rng: &dyn Rng, told: &mut Told<'_>) {
    let at = start + rng.below(HOUR_MICROS as u64) as i64;
    let buyer = rng.below(12);
    let head = |kind: &str, at: i64| {
        format!(
            r#"{{"id":"{kind}-{id}","kind":"{kind}","at":{at},"merchant":"{}","product":"{}","order":"O-{id}","#,
            goods.merchant, goods.product
        )
    };
    let person = format!(r#""buyer":"y{buyer}","buyer_age_days":{},"device":"f{}""#, 1 + buyer % 6, buyer % 3);
    told.tell(at, || format!(r#"{}"amount_minor":{price},"attributes":{{{person}}}}}"#, head("order", at)));
    let shipped = at + span(rng, HOUR_MICROS, 3 * HOUR_MICROS);
    told.tell(shipped, || format!(r#"{}"attributes":{{"weight_grams":18}}}}"#, head("shipment", shipped)));
}

fn bought_review(goods: &Goods, id: &str, start: i64, rng: &dyn Rng, told: &mut Told<'_>) {
    let at = start + rng.below(HOUR_MICROS as u64) as i64;
    let buyer = rng.below(40);
    told.tell(at, || {
        format!(
            r#"{{"id":"review-{id}","kind":"review","at":{at},"merchant":"{}","product":"{}","attributes":{{"buyer":"v{buyer}","buyer_age_days":{},"rating":5,"text":"质量非常好，强烈推荐大家购买，五星好评","verified":false}}}}"#,
            goods.merchant,
            goods.product,
            2 + buyer % 9
        )
    });
}

/// Takes the signals of the stretch that was asked for.
struct Told<'a> {
    from_us: i64,
    to_us: i64,
    lines: &'a mut Vec<Line>,
}

impl Told<'_> {
    fn tell(&mut self, at_us: i64, json: impl FnOnce() -> String) {
        if at_us > self.from_us && at_us <= self.to_us {
            self.lines.push(Line { at_us, json: json() });
        }
    }

    /// Each hour the shop tells its price, and every hour how often the page was opened.
    fn price(&mut self, place: usize, goods: &Goods, hour: i64, start: i64, price: i64, promoted: bool) {
        let list = if promoted && goods.part == Part::Promotion { goods.price_minor } else { price };
        let at = start + MINUTE_MICROS;
        self.tell(at, || {
            format!(
                r#"{{"id":"price-{place}-{hour}","kind":"price","at":{at},"merchant":"{}","product":"{}","amount_minor":{price},"attributes":{{"list_price_minor":{list}}}}}"#,
                goods.merchant, goods.product
            )
        });
        let at = start + 59 * MINUTE_MICROS;
        let views = goods.orders_a_day * HOURS[(hour + 8).rem_euclid(24) as usize] / 25 + 1;
        self.tell(at, || {
            format!(
                r#"{{"id":"view-{place}-{hour}","kind":"view","at":{at},"merchant":"{}","product":"{}","quantity":{views}}}"#,
                goods.merchant, goods.product
            )
        });
    }
}

fn span(rng: &dyn Rng, least: i64, most: i64) -> i64 {
    least + rng.below((most - least).max(1) as u64) as i64
}

/// A Poisson number by products of uniforms (Knuth); means of an hour are small.
fn poisson(rng: &dyn Rng, mean: f64) -> u64 {
    let limit = (-mean).exp();
    let mut product = 1.0;
    let mut number = 0;
    loop {
        product *= (rng.below(1 << 53) as f64 + 0.5) / (1u64 << 53) as f64;
        if product <= limit {
            return number;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story() -> Story {
        let goods = |product: &str, part| Goods {
            merchant: "m".into(),
            product: product.into(),
            price_minor: 2_990,
            orders_a_day: 40,
            part,
        };
        Story {
            seed: 7,
            goods: vec![goods("a", Part::Ordinary), goods("b", Part::BatchFault), goods("c", Part::Promotion)],
            live_from_us: 20_000 * DAY_MICROS,
        }
    }

    #[test]
    fn a_stretch_is_the_sum_of_its_parts() {
        let story = story();
        let (from, to) = (19_999 * DAY_MICROS, 20_001 * DAY_MICROS);
        let whole = story.between(from, to);
        let mut parts = Vec::new();
        let mut at = from;
        while at < to {
            let next = (at + 7 * HOUR_MICROS + 13).min(to);
            parts.extend(story.between(at, next));
            at = next;
        }
        assert!(whole.len() > 400, "{}", whole.len());
        assert_eq!(whole, parts);
    }

    #[test]
    fn only_the_faulty_lot_brings_complaints_by_the_dozen() {
        let story = story();
        let lines = story.between(story.live_from_us, story.live_from_us + DAY_MICROS);
        let complaints = |product: &str| {
            let product = format!("\"product\":\"{product}\"");
            lines.iter().filter(|line| line.json.contains("\"complaint\"") && line.json.contains(&product)).count()
        };
        assert!(complaints("b") >= 4, "{}", complaints("b"));
        assert!(complaints("a") <= 2 && complaints("c") <= 2);
    }
}
