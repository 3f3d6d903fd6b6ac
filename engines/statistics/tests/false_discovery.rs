//! Daily looks at a small simulated market keep their promises. The market of a million products is `make bench`'s `false-discovery`.

use ground::SeededRng;
use statistics::e_detector;
use statistics::margin::{MarginTest, Variation};
use statistics::simulation::looks::{self, Named, Watch};
use statistics::simulation::market::{Product, Recipe};

const DAYS: usize = 120;
const PRODUCTS: usize = 20_000;

fn watch(variation: Variation) -> Watch {
    Watch {
        detector: e_detector::usual(variation).unwrap(),
        enforcement_level: 0.05,
        test: MarginTest::new(1.5, variation).unwrap(),
        watch_level: 0.05,
        window_days: 35,
        first_day: 7,
    }
}

fn show(name: &str, market: &[Product], named: &Named) {
    let recall = looks::recall(market, DAYS, named, 0.3, None, 60).share();
    println!(
        "{name}: a look {:.4}, worst look {:.4}, ever {:.4} of {}, recall within 60 days {recall:.3}",
        named.false_share, named.false_share_max, named.ever_false_share, named.ever
    );
}

#[test]
fn poisson_counts_looked_at_daily_name_few_wrongly_and_most_faults_in_time() {
    let market = Recipe::plain(PRODUCTS, DAYS).play(&SeededRng::new(1));
    let watch = watch(Variation::Poisson);
    let enforced = looks::enforcement(&market, DAYS, &watch).unwrap();
    show("enforcement", &market, &enforced);
    assert!(enforced.false_share <= 0.05 && enforced.ever_false_share <= 0.05);
    assert!(looks::recall(&market, DAYS, &enforced, 0.3, None, 60).share() >= 0.8);
    let watched = looks::watching(&market, DAYS, 1.5, &watch).unwrap();
    show("watching", &market, &watched);
    assert!(watched.false_share <= 0.05);
    assert!(watched.ever > enforced.ever / 2);
}

/// The hardest case: every product without fault stands exactly at what is still tolerated, and each day has a shock.
#[test]
fn at_the_edge_of_what_is_tolerated_with_daily_shocks_the_rate_still_holds() {
    let recipe = Recipe { usual_ratio: 1.5, shock_shape: Some(2.0), ..Recipe::plain(PRODUCTS, DAYS) };
    let market = recipe.play(&SeededRng::new(2));
    let watch = watch(Variation::GammaShocks { shape_per_day: 2.0 });
    let enforced = looks::enforcement(&market, DAYS, &watch).unwrap();
    show("enforcement at the edge", &market, &enforced);
    assert!(enforced.ever > 100 && enforced.false_share <= 0.05 && enforced.ever_false_share <= 0.05);
    let watched = looks::watching(&market, DAYS, 1.5, &watch).unwrap();
    show("watching at the edge", &market, &watched);
    assert!(watched.false_share <= 0.06);
}

/// What the assumption is for: the same market judged as if its counts were Poisson names the innocent.
#[test]
fn shocks_taken_for_poisson_counts_break_the_promise() {
    let recipe =
        Recipe { usual_ratio: 1.5, shock_shape: Some(0.5), median_expected: 0.2, ..Recipe::plain(PRODUCTS, DAYS) };
    let market = recipe.play(&SeededRng::new(3));
    let careless = looks::enforcement(&market, DAYS, &watch(Variation::Poisson)).unwrap();
    show("careless", &market, &careless);
    assert!(careless.ever_false_share > 0.2);
    let careful = looks::enforcement(&market, DAYS, &watch(Variation::GammaShocks { shape_per_day: 0.5 })).unwrap();
    show("careful", &market, &careful);
    assert!(careful.ever_false_share <= 0.05);
}
