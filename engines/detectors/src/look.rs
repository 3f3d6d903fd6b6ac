//! One look at one key.

use crate::cohort::{Prior, Sums};
use crate::finding::{Look, Strength};
use crate::names::{Measure, Method};
use crate::policy::Policy;
use crate::rates::{Course, events_ever, reached_ever};
use crate::signs::{self, Sign};
use crate::sizes::Sizes;
use statistics::cusum::{Batch, BinomialCusum};
use statistics::distributions::Binomial;
use statistics::e_detector::{EDetector, Evidence, Slice};
use statistics::funnel::{Funnel, Standing, Unit};
use statistics::margin::{MarginTest, effective_days};
use statistics::maxsprt::{Design, Launch, LaunchLook};
use stream::{WINDOW_DAYS, Window};

/// A rate this many times the margin is looked for at least …
const ALTERNATIVE_LOW: f64 = 4.0 / 3.0;
/// … and this many times at most, in so many steps.
const ALTERNATIVE_HIGH: f64 = 20.0;
const ALTERNATIVES: usize = 6;

/// A policy made ready to look: what is costly to compute is computed once.
#[derive(Debug, Clone)]
pub struct Detector {
    /// What it is told.
    pub policy: Policy,
    launch: Option<Launch>,
}

/// What a key is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// Sums over its cohort, the key itself included: it is taken out here.
    pub sums: &'a Sums,
    /// The funnel of all merchants; `None` where there are too few.
    pub funnel: Option<&'a Funnel>,
    /// What a lot is held against: the window of its product, or of its merchant.
    pub others: Option<&'a Window>,
}

impl Detector {
    /// Makes a policy ready.
    ///
    /// # Errors
    /// What the statistics refuse: for a launch, an error rate that so few expected events cannot spend.
    pub fn new(policy: Policy) -> Result<Detector, statistics::Error> {
        let launch = if policy.method == Method::Launch {
            Some(Launch::new(Design {
                upper_limit: policy.limit("expected_max"),
                alpha: policy.error_rate.min(0.5),
                minimum_events: policy.count("events_min").max(1) as u32,
                delayed_start: 0.0,
            })?)
        } else {
            None
        };
        Ok(Detector { policy, launch })
    }

    /// What a key adds to its cohort, for methods that compare with one.
    pub fn own_sums(&self, window: &Window) -> Sums {
        match self.policy.method {
            Method::Margin | Method::EDetector | Method::Funnel | Method::Proportion => {
                Course::judged(window, &self.policy).sums(self.policy.count("days"))
            }
            Method::Launch => Course::judged(window, &self.policy).sums(WINDOW_DAYS),
            Method::Burst => Sums::of_sizes(Sizes::of(window)),
            _ => Sums::default(),
        }
    }

    /// The prior a key is judged by: its cohort without itself.
    pub fn prior(&self, window: &Window, compared: &Compared<'_>) -> Prior {
        let others = compared.sums.without(&self.own_sums(window));
        others.prior(self.policy.limit("base_rate"), self.policy.limit("base_weight"))
    }

    /// The rarest of its thresholds that needs no cohort: whether the key can be found at all. Cheap.
    pub fn may_speak(&self, window: &Window) -> bool {
        let policy = &self.policy;
        let Some(measure) = policy.measure else { return true };
        let least = policy.limit("events_min");
        match policy.method {
            Method::Launch | Method::Batch => events_ever(measure, window) as f64 >= least,
            Method::Totals => false,
            _ => {
                let days = policy.count("days");
                let counted = &window.days[WINDOW_DAYS.saturating_sub(days)..];
                counted.iter().map(|day| f64::from(crate::rates::events(measure, day))).sum::<f64>() >= least
            }
        }
    }

    pub(crate) fn slices(&self, window: &Window, prior: &Prior) -> (Course, Vec<Slice>) {
        let course = Course::judged(window, &self.policy);
        let days = self.policy.count("days").min(WINDOW_DAYS);
        let slices = (WINDOW_DAYS - days..WINDOW_DAYS)
            .map(|place| Slice::day(course.events[place] as u32, prior.mean * course.exposure[place]))
            .collect();
        (course, slices)
    }

    pub(crate) fn e_detector(&self, prior: &Prior) -> Option<EDetector> {
        let margin = self.policy.limit("ratio_min");
        let (low, high) = (margin * ALTERNATIVE_LOW, margin * ALTERNATIVE_HIGH);
        EDetector::spread(margin, low, high, ALTERNATIVES, prior.variation).ok()
    }

    pub(crate) fn e_evidence(&self, window: &Window, prior: &Prior) -> Option<Evidence> {
        let (_, slices) = self.slices(window, prior);
        self.e_detector(prior)?.evidence(&slices).ok()
    }

    /// Events and expectation since the key was first seen, at the end of each day of the window.
    pub(crate) fn since_first(&self, window: &Window, prior: &Prior) -> Vec<(f64, f64)> {
        let course = Course::judged(window, &self.policy);
        let measure = self.policy.measure.unwrap_or(Measure::Complaints);
        let inside: f64 = course.events.iter().sum();
        let mut events = (events_ever(measure, window) as f64 - inside).max(0.0);
        let inside_exposure: f64 = course.exposure.iter().sum();
        let mut exposure = if window.first_seen_day < window.first_day {
            (reached_ever(window) - inside_exposure).max(0.0)
        } else {
            0.0
        };
        let expected = prior.mean * self.policy.limit("ratio_min");
        (0..WINDOW_DAYS)
            .map(|place| {
                events += course.events[place];
                exposure += course.exposure[place];
                (events, expected * exposure)
            })
            .collect()
    }

    pub(crate) fn launch_looks(&self, window: &Window, prior: &Prior) -> Vec<LaunchLook> {
        let Some(launch) = &self.launch else { return Vec::new() };
        self.since_first(window, prior)
            .iter()
            .map(|(events, expected)| launch.look(*events as u64, *expected))
            .collect()
    }

    pub(crate) fn launch_threshold(&self) -> f64 {
        self.launch.map_or(f64::INFINITY, |launch| launch.critical().value)
    }

    /// The sum after each look of the window; starts again from 0 after an alarm.
    pub(crate) fn cusum(&self, window: &Window, prior: &Prior) -> Option<Vec<f64>> {
        let cusum = BinomialCusum::new(self.policy.limit("odds_ratio"), self.policy.limit("threshold")).ok()?;
        let course = Course::judged(window, &self.policy);
        let days = self.policy.count("days").min(WINDOW_DAYS);
        let baseline = prior.mean.clamp(SHARE_MIN, SHARE_MAX);
        let batches: Vec<Batch> = (WINDOW_DAYS - days..WINDOW_DAYS)
            .map(|place| {
                let failures = course.events[place] as u64;
                Batch { trials: (course.exposure[place].round() as u64).max(failures), failures, baseline }
            })
            .collect();
        Some(cusum.run(&batches).ok()?.into_iter().map(|step| step.value).collect())
    }

    /// Where a merchant stands in the funnel.
    pub(crate) fn standing(&self, window: &Window, funnel: &Funnel) -> Option<Standing> {
        let own = self.own_sums(window);
        funnel.standing(&Unit { events: own.events, size: own.exposure }).ok()?
    }
}

/// A proportion that is judged lies between these.
const SHARE_MIN: f64 = 1e-6;
const SHARE_MAX: f64 = 0.5;

/// Looks at a key. `None`: nothing speaks against it, or too little happened to tell.
pub fn look(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Option<Look> {
    if !detector.may_speak(window) {
        return None;
    }
    let policy = &detector.policy;
    match policy.method {
        Method::Margin => margin(detector, window, compared),
        Method::EDetector => e_value(detector, window, compared),
        Method::Launch => launch(detector, window, compared),
        Method::Proportion => proportion(detector, window, compared),
        Method::Funnel => funnel(detector, window, compared),
        Method::Batch => batch(detector, window, compared.others?),
        Method::Burst | Method::Brushing | Method::Reviews | Method::Price => sign(detector, window, compared),
        Method::Totals | Method::Clone => None,
    }
}

fn margin(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Option<Look> {
    let prior = detector.prior(window, compared);
    let (_, slices) = detector.slices(window, &prior);
    let expected_by_day: Vec<f64> = slices.iter().map(|slice| slice.expected).collect();
    let (events, expected) =
        (slices.iter().map(|slice| u64::from(slice.count)).sum::<u64>(), expected_by_day.iter().sum());
    let test = MarginTest::new(detector.policy.limit("ratio_min"), prior.variation).ok()?;
    let ln_p = test.ln_p_value(events, expected, effective_days(&expected_by_day)).ok()?;
    let statistic = -ln_p / std::f64::consts::LN_10;
    Some(Look { strength: Strength::P(ln_p.exp().clamp(0.0, 1.0)), statistic, observed: events as f64, expected })
}

fn e_value(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Option<Look> {
    let prior = detector.prior(window, compared);
    let (_, slices) = detector.slices(window, &prior);
    let e = detector.e_detector(&prior)?.e_value(&slices).ok()?;
    if e <= 1.0 {
        return None;
    }
    let observed = slices.iter().map(|slice| f64::from(slice.count)).sum();
    let expected = slices.iter().map(|slice| slice.expected).sum();
    Some(Look { strength: Strength::E(e), statistic: e.log10(), observed, expected })
}

fn launch(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Option<Look> {
    if f64::from(window.last_day - window.first_seen_day) > detector.policy.limit("days_since_first") {
        return None;
    }
    let prior = detector.prior(window, compared);
    let looks = detector.launch_looks(window, &prior);
    if !looks.iter().any(|look| look.named) {
        return None;
    }
    let statistic = looks.iter().map(|look| look.statistic).fold(0.0, f64::max);
    let (observed, expected) = *detector.since_first(window, &prior).last()?;
    Some(Look {
        strength: Strength::Crossed,
        statistic,
        observed,
        expected: expected / detector.policy.limit("ratio_min"),
    })
}

fn proportion(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Option<Look> {
    let prior = detector.prior(window, compared);
    let statistic = *detector.cusum(window, &prior)?.last()?;
    if statistic <= detector.policy.limit("threshold") {
        return None;
    }
    let course = Course::judged(window, &detector.policy);
    let (observed, exposure) = course.trailing(WINDOW_DAYS - 1, detector.policy.count("days"));
    Some(Look { strength: Strength::Crossed, statistic, observed, expected: prior.mean * exposure })
}

fn funnel(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Option<Look> {
    let funnel = compared.funnel.filter(|funnel| funnel.units as f64 >= detector.policy.limit("members_min"))?;
    let standing = detector.standing(window, funnel)?;
    if standing.p_high > detector.policy.error_rate {
        return None;
    }
    let own = detector.own_sums(window);
    let expected = funnel.target * own.exposure;
    Some(Look { strength: Strength::Crossed, statistic: standing.z_adjusted, observed: own.events, expected })
}

fn batch(detector: &Detector, lot: &Window, others: &Window) -> Option<Look> {
    let policy = &detector.policy;
    let (one, rest) = batch_parts(policy, lot, others);
    if rest.1 < policy.limit("others_min") || one.1 <= 0.0 {
        return None;
    }
    let all = one.0 + rest.0;
    let share = policy.limit("ratio_min") * one.1 / (policy.limit("ratio_min") * one.1 + rest.1);
    let ln_p = Binomial::new(all as u64, share.clamp(0.0, 1.0)).ok()?.ln_tail(one.0 as u64);
    let statistic = -ln_p / std::f64::consts::LN_10;
    let expected = all * one.1 / (one.1 + rest.1);
    Some(Look { strength: Strength::P(ln_p.exp().clamp(0.0, 1.0)), statistic, observed: one.0, expected })
}

/// Events and purchases of a lot, and of everything it is held against without it.
pub(crate) fn batch_parts(policy: &Policy, lot: &Window, others: &Window) -> ((f64, f64), (f64, f64)) {
    let measure = policy.measure.unwrap_or(Measure::Complaints);
    let one = (events_ever(measure, lot) as f64, reached_ever(lot));
    let all = (events_ever(measure, others) as f64, reached_ever(others));
    (one, ((all.0 - one.0).max(0.0), (all.1 - one.1).max(0.0)))
}

/// What a rule over signs saw; `None` where too little is known to tell.
pub(crate) fn sign_of(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Option<Sign> {
    let policy = &detector.policy;
    match policy.method {
        Method::Burst => signs::burst(window, policy, &sizes_of_others(detector, window, compared)),
        Method::Brushing => signs::brushing(window, policy),
        Method::Reviews => signs::reviews(window, policy),
        Method::Price => signs::price(window, policy),
        _ => None,
    }
}

pub(crate) fn sizes_of_others(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Sizes {
    compared.sums.sizes.without(&detector.own_sums(window).sizes)
}

fn sign(detector: &Detector, window: &Window, compared: &Compared<'_>) -> Option<Look> {
    let Sign { speaks, statistic, observed, expected, .. } = sign_of(detector, window, compared)?;
    speaks.then_some(Look { strength: Strength::Crossed, statistic, observed, expected })
}
