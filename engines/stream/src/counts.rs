//! What is counted of a key on a day, and since it was first seen.

use crate::signal::Kind;

macro_rules! counted {
    ($($(#[$doc:meta])* $field:ident),+ $(,)?) => {
        /// What was counted of a key on one civil day. Counts stop at 4,294,967,295, money at the ends of `i64`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct DayCounts {
            $($(#[$doc])* pub $field: u32,)+
            /// Reviews by stars, one star first.
            pub stars: [u32; 5],
            /// Money of orders, minor units.
            pub revenue_minor: i64,
            /// Money paid back, minor units.
            pub refunds_minor: i64,
        }

        /// The same counts since the key was first seen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Totals {
            $($(#[$doc])* pub $field: u64,)+
            /// Reviews by stars, one star first.
            pub stars: [u64; 5],
            /// Money of orders, minor units.
            pub revenue_minor: i64,
            /// Money paid back, minor units.
            pub refunds_minor: i64,
        }

        impl DayCounts {
            /// Names of the counted fields, in the order of [`DayCounts::to_array`].
            pub const FIELDS: &'static [&'static str] =
                &[$(stringify!($field),)+ "stars_1", "stars_2", "stars_3", "stars_4", "stars_5"];
            /// How many counted fields there are.
            pub const LEN: usize = DayCounts::FIELDS.len();

            /// The counted fields as one array (money apart).
            pub fn to_array(&self) -> [u32; DayCounts::LEN] {
                let [one, two, three, four, five] = self.stars;
                [$(self.$field,)+ one, two, three, four, five]
            }

            /// The reverse of [`DayCounts::to_array`].
            pub fn from_array(counts: [u32; DayCounts::LEN], revenue_minor: i64, refunds_minor: i64) -> DayCounts {
                let [$($field,)+ one, two, three, four, five] = counts;
                DayCounts { $($field,)+ stars: [one, two, three, four, five], revenue_minor, refunds_minor }
            }

            /// Adds another day, or a correction of the same day.
            pub fn add(&mut self, other: &DayCounts) {
                $(self.$field = self.$field.saturating_add(other.$field);)+
                for (mine, theirs) in self.stars.iter_mut().zip(other.stars) {
                    *mine = mine.saturating_add(theirs);
                }
                self.revenue_minor = self.revenue_minor.saturating_add(other.revenue_minor);
                self.refunds_minor = self.refunds_minor.saturating_add(other.refunds_minor);
            }
        }

        impl Totals {
            /// The counted fields as one array (money apart), in the order of [`DayCounts::FIELDS`].
            pub fn to_array(&self) -> [u64; DayCounts::LEN] {
                let [one, two, three, four, five] = self.stars;
                [$(self.$field,)+ one, two, three, four, five]
            }

            /// The reverse of [`Totals::to_array`].
            pub fn from_array(counts: [u64; DayCounts::LEN], revenue_minor: i64, refunds_minor: i64) -> Totals {
                let [$($field,)+ one, two, three, four, five] = counts;
                Totals { $($field,)+ stars: [one, two, three, four, five], revenue_minor, refunds_minor }
            }

            /// Adds a day.
            pub fn add(&mut self, day: &DayCounts) {
                $(self.$field = self.$field.saturating_add(u64::from(day.$field));)+
                for (mine, theirs) in self.stars.iter_mut().zip(day.stars) {
                    *mine = mine.saturating_add(u64::from(theirs));
                }
                self.revenue_minor = self.revenue_minor.saturating_add(day.revenue_minor);
                self.refunds_minor = self.refunds_minor.saturating_add(day.refunds_minor);
            }
        }
    };
}

counted! {
    /// Signals of any kind.
    signals,
    /// Orders.
    orders,
    /// Units in orders.
    units_ordered,
    /// Shipments.
    shipments,
    /// Units that left the merchant in them.
    units_shipped,
    /// Deliveries.
    deliveries,
    /// Units that reached a buyer in them.
    units_delivered,
    /// Returns that are no cancellations.
    returns,
    /// Units in them.
    units_returned,
    /// Returns whose reason is one of [`crate::state::Settings::cancelled_reasons`].
    cancellations,
    /// Units in them.
    units_cancelled,
    /// Complaints.
    complaints,
    /// Complaints whose reason is one of [`crate::state::Settings::severe_reasons`].
    severe_complaints,
    /// Reviews.
    reviews,
    /// Reviews of someone known to have bought the product.
    verified_reviews,
    /// Reviews with a text (its hash came along).
    text_reviews,
    /// Scans of codes.
    scans,
    /// Views.
    views,
    /// Prices set.
    price_changes,
    /// Orders with a known age of the buyer's account.
    aged_orders,
    /// Of these, by accounts younger than [`crate::state::Settings::young_account_days`].
    young_orders,
    /// Shipments and deliveries with a known weight.
    weighed_parcels,
    /// Of these, lighter than [`crate::state::Settings::light_parcel_grams`].
    light_parcels,
}

/// Which signals tell that goods reached people. Rates are held against purchases, not units: a buyer of a thousand pieces
/// has one parcel, one opinion and one decision to send it back, and a thousand of them are no thousand trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Shipments: the first that is known of goods on their way.
    Shipments,
    /// Deliveries, where shipments are not told.
    Deliveries,
    /// Orders that were not cancelled, where neither is told.
    Orders,
}

impl DayCounts {
    /// Purchases that reached people.
    pub fn reached(&self, by: Reached) -> u32 {
        match by {
            Reached::Shipments => self.shipments,
            Reached::Deliveries => self.deliveries,
            Reached::Orders => self.orders.saturating_sub(self.cancellations),
        }
    }

    /// Reviews of one or two stars.
    pub fn bad_reviews(&self) -> u32 {
        self.stars[0].saturating_add(self.stars[1])
    }

    /// Stars of all rated reviews together.
    pub fn stars_sum(&self) -> u64 {
        (1..=5).zip(self.stars).map(|(stars, count)| stars * u64::from(count)).sum()
    }

    /// Reviews with stars.
    pub fn rated_reviews(&self) -> u64 {
        self.stars.iter().map(|count| u64::from(*count)).sum()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.signals == 0
    }

    /// How often a kind occurred.
    pub fn of(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Order => self.orders,
            Kind::Shipment => self.shipments,
            Kind::Delivery => self.deliveries,
            Kind::Review => self.reviews,
            Kind::Return => self.returns.saturating_add(self.cancellations),
            Kind::Complaint => self.complaints,
            Kind::Scan => self.scans,
            Kind::Price => self.price_changes,
            Kind::View => self.views,
        }
    }
}

impl Totals {
    /// Which signals tell of this key that goods reached people.
    pub fn reached_by(&self) -> Reached {
        if self.shipments > 0 {
            Reached::Shipments
        } else if self.deliveries > 0 {
            Reached::Deliveries
        } else {
            Reached::Orders
        }
    }

    /// Purchases that reached people since the key was first seen.
    pub fn reached(&self) -> u64 {
        match self.reached_by() {
            Reached::Shipments => self.shipments,
            Reached::Deliveries => self.deliveries,
            Reached::Orders => self.orders.saturating_sub(self.cancellations),
        }
    }

    /// Reviews of one or two stars.
    pub fn bad_reviews(&self) -> u64 {
        self.stars[0].saturating_add(self.stars[1])
    }

    /// Stars of all rated reviews together.
    pub fn stars_sum(&self) -> u64 {
        (1..=5).zip(self.stars).map(|(stars, count): (u64, u64)| stars.saturating_mul(count)).sum()
    }
}
