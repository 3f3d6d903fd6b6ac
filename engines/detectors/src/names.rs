//! The names detectors go by: what is counted, how it is judged, about what, and how strongly it speaks.

macro_rules! names {
    ($(#[$note:meta])* $type:ident { $($(#[$variant_note:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$note])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$variant_note])* $variant),+ }

        impl $type {
            /// All of them.
            pub const ALL: &[$type] = &[$($type::$variant),+];

            /// Stable name, as stored, as written in policies and as used in message ids.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name),+ }
            }

            /// Reads a stable name.
            pub fn from_name(name: &str) -> Option<$type> {
                $type::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

names! {
    /// What is counted against the units that reached people.
    Measure {
        /// Complaints.
        Complaints = "complaints",
        /// Units sent back.
        Returns = "returns",
        /// Reviews of one or two stars.
        BadReviews = "bad_reviews",
    }
}

names! {
    /// How it is judged.
    Method {
        /// Trailing window against a margin: the rate is more than so many times the cohort's. Selected by Benjamini–Hochberg.
        Margin = "margin",
        /// Shiryaev–Roberts e-detector, valid at every look. Selected by e-BH.
        EDetector = "e_detector",
        /// Poisson MaxSPRT over everything since the key was first seen.
        Launch = "launch",
        /// Likelihood-ratio CUSUM of a proportion that should be steady.
        Proportion = "proportion",
        /// Overdispersed funnel over merchants.
        Funnel = "funnel",
        /// Totals of a category over time.
        Totals = "totals",
        /// A lot against the other lots of its product.
        Batch = "batch",
        /// A burst of sales that few buyers make.
        Burst = "burst",
        /// Sales that look made up: new accounts, few buyers, empty parcels.
        Brushing = "brushing",
        /// Reviews that look made up.
        Reviews = "reviews",
        /// A price that leaves its own course.
        Price = "price",
        /// A unit code that is in several places at once.
        Clone = "clone",
    }
}

names! {
    /// Detectors that speak of the same trouble: there is one open alert per family and key.
    Family {
        /// Goods that are bad.
        Quality = "quality",
        /// Sales that are not real.
        Sales = "sales",
        /// Reviews that are not real.
        Reviews = "reviews",
        /// Prices.
        Price = "price",
        /// Copied codes.
        Codes = "codes",
    }
}

names! {
    /// What an alert is about.
    Scope {
        /// A product of a merchant.
        Product = "product",
        /// A lot of a merchant.
        Lot = "lot",
        /// A merchant.
        Merchant = "merchant",
        /// A category of goods.
        Category = "category",
    }
}

names! {
    /// How strongly it speaks.
    Level {
        /// Worth a look.
        Watch = "watch",
        /// Strong enough to act on.
        Enforcement = "enforcement",
    }
}

names! {
    /// Which promise stands behind the error rate.
    Promise {
        /// Of all alerts of one look, at most this share is expected to be false.
        FalseDiscovery = "false_discovery",
        /// A key that is in order alarms at all, over the whole time, with at most this probability.
        PerKey = "per_key",
        /// A key that is in order alarms on one day with about this probability.
        PerDay = "per_day",
        /// A rule of thumb: no probability is claimed.
        Rule = "rule",
    }
}

impl Method {
    /// The family it belongs to.
    pub fn family(self) -> Family {
        match self {
            Method::Margin
            | Method::EDetector
            | Method::Launch
            | Method::Proportion
            | Method::Funnel
            | Method::Totals
            | Method::Batch => Family::Quality,
            Method::Burst | Method::Brushing => Family::Sales,
            Method::Reviews => Family::Reviews,
            Method::Price => Family::Price,
            Method::Clone => Family::Codes,
        }
    }

    /// Whether it counts a [`Measure`].
    pub fn is_counting(self) -> bool {
        self.family() == Family::Quality
    }

    /// Whether it may be looked at any number of times within a day: its error rate holds at every look, or it claims none.
    pub fn is_anytime(self) -> bool {
        matches!(self, Method::EDetector | Method::Launch) || self.promise() == Promise::Rule
    }

    /// What it can be about.
    pub fn scopes(self) -> &'static [Scope] {
        match self {
            Method::Margin | Method::EDetector | Method::Proportion => &[Scope::Product, Scope::Lot, Scope::Merchant],
            Method::Launch => &[Scope::Product, Scope::Lot],
            Method::Funnel => &[Scope::Merchant],
            Method::Totals => &[Scope::Category],
            Method::Batch => &[Scope::Lot],
            Method::Burst | Method::Brushing | Method::Reviews => &[Scope::Product, Scope::Merchant],
            Method::Price => &[Scope::Product],
            Method::Clone => &[Scope::Product, Scope::Lot],
        }
    }

    /// The promise its error rate carries.
    pub fn promise(self) -> Promise {
        match self {
            Method::Margin | Method::EDetector | Method::Batch => Promise::FalseDiscovery,
            Method::Launch => Promise::PerKey,
            Method::Proportion | Method::Funnel | Method::Totals => Promise::PerDay,
            Method::Burst | Method::Brushing | Method::Reviews | Method::Price | Method::Clone => Promise::Rule,
        }
    }
}
