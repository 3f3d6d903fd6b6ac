//! Where a case stands in its procedure: the steps, when each was done, and the clock of the present one.

use ground::Timestamp;
use maud::{Markup, Render, html};

use crate::icon::icon;
use crate::parts::status::clock;
use crate::view::View;

/// The state of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    Done,
    Current,
    Next,
    Skipped,
    Failed,
}

/// A step of a procedure.
#[derive(Clone, Debug)]
pub struct Step {
    title: String,
    state: StepState,
    at: Option<Timestamp>,
    due: Option<Timestamp>,
    note: Option<String>,
}

impl Step {
    pub fn new(title: impl Into<String>, state: StepState) -> Self {
        Self { title: title.into(), state, at: None, due: None, note: None }
    }

    /// When it was done.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// Until when it must be done; the clock is shown while the step is not over.
    #[must_use]
    pub fn due(mut self, due: Timestamp) -> Self {
        self.due = Some(due);
        self
    }

    /// Who may do it, or what came out.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// The procedure.
#[derive(Debug)]
pub struct Stepper<'a> {
    cx: &'a View,
    label: String,
    steps: Vec<Step>,
}

impl<'a> Stepper<'a> {
    pub fn new(cx: &'a View, label: impl Into<String>) -> Self {
        Self { cx, label: label.into(), steps: Vec::new() }
    }

    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl Render for Stepper<'_> {
    fn render(&self) -> Markup {
        html! {
            ol class="ts-steps" aria-label=(self.label) {
                @for step in &self.steps {
                    @let (class, icon_name) = match step.state {
                        StepState::Done => ("done", "circle-check"),
                        StepState::Current => ("current", "circle-dot"),
                        StepState::Next => ("next", "circle"),
                        StepState::Skipped => ("skipped", "circle-minus"),
                        StepState::Failed => ("failed", "circle-x"),
                    };
                    li class={ "ts-step ts-step-" (class) } aria-current=[(step.state == StepState::Current).then_some("step")] {
                        span class="ts-step-mark" { (icon(icon_name)) }
                        div {
                            span class="ts-step-title" { (step.title) }
                            span class="visually-hidden" { (self.cx.t(&format!("ui-step-{class}"))) }
                            @if let Some(at) = step.at { div class="ts-step-note" { (self.cx.moment(at)) } }
                            @if let Some(note) = &step.note { div class="ts-step-note" { (note) } }
                            @if let Some(due) = step.due.filter(|_| matches!(step.state, StepState::Current | StepState::Next)) {
                                div { (clock(self.cx, due)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
