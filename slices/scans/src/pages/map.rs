//! A small map of our own: points and lines over a grid of degrees, no tiles from anywhere. What it shows stands in words
//! beside it.

use maud::{Markup, html};
use ui::View;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 340.0;
/// Room around the points for their labels.
const MARGIN: f64 = 46.0;
/// Degrees a map shows at least, so that one town is not blown up to fill it.
const SPAN_DEGREES_MIN: f64 = 6.0;
/// Points drawn at most.
const POINTS_MAX: usize = 400;

/// A point.
#[derive(Debug, Clone)]
pub struct Dot {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Short text beside it; may be empty.
    pub label: String,
    /// Drawn as a square with a thick edge: one of those the page speaks of.
    pub strong: bool,
}

/// Where things are on the drawing.
struct Projection {
    west: f64,
    north: f64,
    shrink: f64,
    scale: f64,
}

impl Projection {
    /// Equirectangular around the middle of the points: degrees east are shortened by the cosine of the middle latitude.
    fn over(dots: &[Dot]) -> Projection {
        let bounds = |value: fn(&Dot) -> f64| {
            let low = dots.iter().map(value).fold(f64::INFINITY, f64::min);
            let high = dots.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
            let missing = (SPAN_DEGREES_MIN - (high - low)).max(0.0) / 2.0;
            (low - missing, high + missing)
        };
        let ((south, north), (west, east)) = (bounds(|dot| dot.latitude), bounds(|dot| dot.longitude));
        let shrink = ((south + north) / 2.0).to_radians().cos().max(0.2);
        let across = (WIDTH - 2.0 * MARGIN) / ((east - west) * shrink);
        let scale = across.min((HEIGHT - 2.0 * MARGIN) / (north - south));
        // What is left over goes to both sides.
        let west = west - ((WIDTH - 2.0 * MARGIN) / scale / shrink - (east - west)) / 2.0;
        let north = north + ((HEIGHT - 2.0 * MARGIN) / scale - (north - south)) / 2.0;
        Projection { west, north, shrink, scale }
    }

    fn x(&self, longitude: f64) -> f64 {
        MARGIN + (longitude - self.west) * self.shrink * self.scale
    }

    fn y(&self, latitude: f64) -> f64 {
        MARGIN + (self.north - latitude) * self.scale
    }

    /// Lines of the grid: a round number of degrees apart, four to eight of them.
    fn grid(&self) -> (Vec<f64>, Vec<f64>) {
        let across = WIDTH / self.shrink / self.scale;
        let steps = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0];
        let step = steps.into_iter().find(|step| across / step <= 8.0).unwrap_or(60.0);
        let lines = |from: f64, to: f64| {
            let first = (from / step).ceil() as i32;
            (first..).map(move |n| f64::from(n) * step).take_while(move |degrees| *degrees <= to).take(60).collect()
        };
        let west = self.west - MARGIN / self.shrink / self.scale;
        let south = self.north - (HEIGHT - MARGIN) / self.scale;
        let north = self.north + MARGIN / self.scale;
        (lines(west.max(-180.0), (west + across).min(180.0)), lines(south.max(-90.0), north.min(90.0)))
    }
}

/// The map; nothing where there are no points. `lines` join points by number.
pub fn map(cx: &View, label: &str, dots: &[Dot], lines: &[(usize, usize)]) -> Markup {
    let dots = &dots[..dots.len().min(POINTS_MAX)];
    if dots.is_empty() {
        return html! {};
    }
    let on = Projection::over(dots);
    let (meridians, parallels) = on.grid();
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width="100%" role="img" aria-label=(label) font-size="13" fill="currentColor" {
            rect x="0" y="0" width=(WIDTH) height=(HEIGHT) rx="10" fill="currentColor" fill-opacity="0.05" {}
            g stroke="currentColor" stroke-opacity="0.16" {
                @for degrees in &meridians { line x1=(at(on.x(*degrees))) x2=(at(on.x(*degrees))) y1="0" y2=(HEIGHT) {} }
                @for degrees in &parallels { line x1="0" x2=(WIDTH) y1=(at(on.y(*degrees))) y2=(at(on.y(*degrees))) {} }
            }
            g font-size="10" fill-opacity="0.6" {
                @for degrees in &meridians { text x=(at(on.x(*degrees) + 2.0)) y=(HEIGHT - 4.0) { (east(*degrees)) } }
                @for degrees in &parallels { text x="4" y=(at(on.y(*degrees) - 2.0)) { (north(*degrees)) } }
            }
            g fill="none" stroke="currentColor" stroke-width="2" stroke-opacity="0.6" {
                @for (from, to) in lines {
                    @if let (Some(from), Some(to)) = (dots.get(*from), dots.get(*to)) { (arrow(&on, from, to)) }
                }
            }
            @for dot in dots { (point(cx, &on, dot)) }
        }
    }
}

fn point(_cx: &View, on: &Projection, dot: &Dot) -> Markup {
    let (x, y) = (on.x(dot.longitude), on.y(dot.latitude));
    // A label at the right edge turns to the left.
    let (anchor, moved) = if x > WIDTH - 110.0 { ("end", -9.0) } else { ("start", 9.0) };
    html! {
        @if dot.strong {
            rect x=(at(x - 6.0)) y=(at(y - 6.0)) width="12" height="12" fill="currentColor" fill-opacity="0.25" stroke="currentColor" stroke-width="3" {}
        } @else {
            circle cx=(at(x)) cy=(at(y)) r="5" fill-opacity="0.75" {}
        }
        @if !dot.label.is_empty() { text x=(at(x + moved)) y=(at(y - 6.0)) text-anchor=(anchor) { (dot.label) } }
    }
}

/// A line with a tick in its middle that says which way it goes.
fn arrow(on: &Projection, from: &Dot, to: &Dot) -> Markup {
    let (x1, y1, x2, y2) = (on.x(from.longitude), on.y(from.latitude), on.x(to.longitude), on.y(to.latitude));
    let length = ((x2 - x1).powi(2) + (y2 - y1).powi(2)).sqrt();
    if length < 1.0 {
        return html! {};
    }
    let (dx, dy) = ((x2 - x1) / length * 7.0, (y2 - y1) / length * 7.0);
    let (mx, my) = ((x1 + x2) / 2.0, (y1 + y2) / 2.0);
    let path = format!(
        "M{} {}L{} {}M{} {}L{} {}L{} {}",
        at(x1),
        at(y1),
        at(x2),
        at(y2),
        at(mx - dx - dy),
        at(my - dy + dx),
        at(mx),
        at(my),
        at(mx - dx + dy),
        at(my - dy - dx)
    );
    html! { path d=(path) {} }
}

fn at(value: f64) -> String {
    format!("{value:.1}")
}

fn east(degrees: f64) -> String {
    format!("{}°{}", degrees.abs(), if degrees < 0.0 { "W" } else { "E" })
}

fn north(degrees: f64) -> String {
    format!("{}°{}", degrees.abs(), if degrees < 0.0 { "S" } else { "N" })
}
