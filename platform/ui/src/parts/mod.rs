//! The parts pages are made of. A part is either a function returning [`maud::Markup`] or a builder that is put into
//! `html!` with parentheses: `(Table::new(cx, "…").column(…))`.
//!
//! Invariants: no part writes an inline style or script; meaning is never carried by colour alone; every control has
//! a label; every list part works without JavaScript.

mod act;
mod chart;
mod diff;
mod field;
mod filter;
mod form;
mod highlight;
mod option;
mod page;
mod paging;
mod picture;
mod scatter;
mod series;
mod status;
mod stepper;
mod table;
mod tile;
mod timeline;

pub use act::{KeyHelp, confirm, copyable, hash, live_check};
pub use chart::{CHART_POINTS_MAX, Chart, ChartSeries};
pub use diff::{FieldChange, diff_fields, diff_inline, diff_lines};
pub use field::{Choice, Field};
pub use filter::FilterBar;
pub(crate) use form::problem_text;
pub use form::{FormErrors, form_get, form_post, form_upload, submit};
pub use highlight::{Span, highlight};
pub use option::inert_json;
pub use page::{Facts, PageHeader, alert, card, empty, facts, notice_document, tabs};
pub use paging::Paging;
pub use picture::{Picture, PictureBox};
pub use scatter::Scatter;
pub use series::{IntervalBar, StripPlot, StripPoint, sparkline};
pub use status::{Severity, Tone, badge, clock, clock_of, count, severity, status};
pub use stepper::{Step, StepState, Stepper};
pub use table::{Column, Export, Row, Sort, Table};
pub use tile::{Tile, Trend, TrendMeaning, progress};
pub use timeline::{Entry, Timeline};
