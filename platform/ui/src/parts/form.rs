//! Forms: the frame with its CSRF field, and what is wrong with the input, said once at the top and once at the field.

use ground::{Fault, Place, Problem};
use maud::{Markup, Render, html};

use crate::icon::icon;
use crate::view::{CSRF_FIELD, View};

/// What is wrong with a form, in the reader's language. Rendered, it is the summary with links to the fields.
#[derive(Clone, Debug, Default)]
pub struct FormErrors {
    title: String,
    entries: Vec<(Option<String>, String)>,
}

impl FormErrors {
    /// Nothing is wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// The faults of a refused input.
    pub fn of(cx: &View, faults: &[Fault]) -> Self {
        let entries = faults.iter().map(|fault| (fault.place.field.clone(), fault_text(cx, fault))).collect();
        Self { title: cx.t("ui-form-wrong"), entries }
    }

    /// The faults of a problem; a problem without faults shows its own text.
    pub fn of_problem(cx: &View, problem: &Problem) -> Self {
        if problem.faults.is_empty() {
            return Self { title: cx.t("ui-form-wrong"), entries: vec![(None, problem_text(cx, problem))] };
        }
        Self::of(cx, &problem.faults)
    }

    /// Adds one by hand.
    #[must_use]
    pub fn and(mut self, cx: &View, field: &str, message: impl Into<String>) -> Self {
        self.title = cx.t("ui-form-wrong");
        self.entries.push((Some(field.into()), message.into()));
        self
    }

    /// The first message for a field.
    pub fn for_field(&self, name: &str) -> Option<&str> {
        self.entries.iter().find(|(field, _)| field.as_deref() == Some(name)).map(|(_, text)| text.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The text of a fault: its message, and the place where it is not a field of a form (file, line, column, row).
pub(crate) fn fault_text(cx: &View, fault: &Fault) -> String {
    let args: Vec<_> = fault.args.iter().map(|(name, value)| (name.as_ref(), value.as_str().into())).collect();
    let text = cx.ta(&fault.message, &args);
    match place_text(cx, &fault.place) {
        place if place.is_empty() => text,
        place => cx.ta("ui-fault-at", &[("place", place.into()), ("text", text.into())]),
    }
}

/// The text of a problem's code.
pub(crate) fn problem_text(cx: &View, problem: &Problem) -> String {
    let args: Vec<_> = problem.args.iter().map(|(name, value)| (name.as_ref(), value.as_str().into())).collect();
    cx.ta(&problem.code.message_id(), &args)
}

fn place_text(cx: &View, place: &Place) -> String {
    let mut parts: Vec<String> = place.file.iter().cloned().collect();
    for (id, value) in [("ui-place-row", place.row), ("ui-place-line", place.line), ("ui-place-column", place.column)] {
        if let Some(n) = value {
            parts.push(cx.ta(id, &[("n", cx.number(n).into())]));
        }
    }
    if !parts.is_empty()
        && let Some(field) = &place.field
    {
        parts.push(field.clone());
    }
    parts.join(" · ")
}

impl Render for FormErrors {
    fn render(&self) -> Markup {
        html! {
            @if !self.entries.is_empty() {
                div class="ts-alert ts-danger" role="alert" id="form-errors" tabindex="-1" data-focus {
                    (icon("alert-triangle"))
                    div {
                        p class="ts-alert-title" { (self.title) }
                        ul {
                            @for (field, text) in &self.entries {
                                li {
                                    @match field {
                                        Some(field) => a href={ "#field-" (field) } { (text) },
                                        None => (text),
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A POST form with CSRF field and double-submit guard.
pub fn form_post(cx: &View, action: &str, body: Markup) -> Markup {
    html! {
        form class="ts-form" method="post" action=(action) data-once novalidate {
            input type="hidden" name=(CSRF_FIELD) value=(cx.csrf);
            (body)
        }
    }
}

/// A POST form that carries files. The CSRF field stands first, so that it is read before any file.
pub fn form_upload(cx: &View, action: &str, body: Markup) -> Markup {
    html! {
        form class="ts-form" method="post" action=(action) enctype="multipart/form-data" data-once novalidate {
            input type="hidden" name=(CSRF_FIELD) value=(cx.csrf);
            (body)
        }
    }
}

/// A GET form: for questions, whose answer is a page with its own address.
pub fn form_get(action: &str, body: Markup) -> Markup {
    html! { form class="ts-form" method="get" action=(action) { (body) } }
}

/// The row of buttons under a form: the main one and, beside it, a way out.
pub fn submit(label: &str, cancel: Option<(&str, &str)>) -> Markup {
    html! {
        div class="ts-submit" {
            button class="btn btn-primary" type="submit" { (label) }
            @if let Some((label, href)) = cancel { a class="btn btn-link" href=(href) { (label) } }
        }
    }
}
