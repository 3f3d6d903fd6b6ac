//! Form fields. Each has a label, may have a hint, and says its own error; screen readers hear all three.

use maud::{Markup, Render, html};

use crate::icon::icon;
use crate::parts::form::FormErrors;
use crate::view::View;

/// One choice of a select, of radio cards or of a group of checkboxes.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: Option<String>,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[derive(Clone, Debug)]
enum Kind {
    Input(&'static str),
    TextArea(u8),
    Select(Vec<Choice>),
    Checkbox,
    Radios(Vec<Choice>),
    Checks(Vec<Choice>),
}

/// A field. Make it with one of the constructors, add what it needs, put it into `html!` with parentheses.
#[derive(Clone, Debug)]
pub struct Field {
    kind: Kind,
    name: String,
    label: String,
    values: Vec<String>,
    hint: Option<String>,
    error: Option<String>,
    required: bool,
    optional_word: String,
    autocomplete: Option<&'static str>,
    unit: Option<String>,
    more: Vec<(&'static str, String)>,
}

impl Field {
    fn new(cx: &View, kind: Kind, name: &str, label: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            label: label.into(),
            values: Vec::new(),
            hint: None,
            error: None,
            required: false,
            optional_word: cx.t("ui-optional"),
            autocomplete: None,
            unit: None,
            more: Vec::new(),
        }
    }

    /// One line of text.
    pub fn text(cx: &View, name: &str, label: impl Into<String>) -> Self {
        Self::new(cx, Kind::Input("text"), name, label)
    }

    /// Any other one-line input: `email`, `tel`, `url`, `search`, `time`, `datetime-local`.
    pub fn input(cx: &View, input_type: &'static str, name: &str, label: impl Into<String>) -> Self {
        Self::new(cx, Kind::Input(input_type), name, label)
    }

    /// A password; set [`Field::autocomplete`] to `current-password` or `new-password`.
    pub fn password(cx: &View, name: &str, label: impl Into<String>) -> Self {
        Self::new(cx, Kind::Input("password"), name, label)
    }

    /// Several lines.
    pub fn textarea(cx: &View, name: &str, label: impl Into<String>, rows: u8) -> Self {
        Self::new(cx, Kind::TextArea(rows), name, label)
    }

    /// A day (`YYYY-MM-DD`).
    pub fn date(cx: &View, name: &str, label: impl Into<String>) -> Self {
        Self::new(cx, Kind::Input("date"), name, label)
    }

    /// A number; add [`Field::unit`] where it has one.
    pub fn number(cx: &View, name: &str, label: impl Into<String>) -> Self {
        Self::new(cx, Kind::Input("text"), name, label).attribute("inputmode", "decimal")
    }

    /// An amount in major units (`12.50`); the currency stands behind it.
    pub fn money(cx: &View, name: &str, label: impl Into<String>, currency: &str) -> Self {
        Self::number(cx, name, label).unit(currency)
    }

    /// One or more files. `accept` as in HTML, for example `image/*,.pdf`.
    pub fn file(cx: &View, name: &str, label: impl Into<String>, accept: &str) -> Self {
        Self::new(cx, Kind::Input("file"), name, label).attribute("accept", accept)
    }

    /// One of many.
    pub fn select(cx: &View, name: &str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self::new(cx, Kind::Select(choices), name, label)
    }

    /// One of few, each with its explanation.
    pub fn radios(cx: &View, name: &str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self::new(cx, Kind::Radios(choices), name, label)
    }

    /// Any of several; each chosen one is sent under the same name.
    pub fn checks(cx: &View, name: &str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self::new(cx, Kind::Checks(choices), name, label)
    }

    /// Yes or no; sends `true` when ticked. Ticked where the value is `true`.
    pub fn checkbox(cx: &View, name: &str, label: impl Into<String>) -> Self {
        Self::new(cx, Kind::Checkbox, name, label)
    }

    /// The present value; call it several times for [`Field::checks`].
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.values.push(value.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Shows the error of this field, if there is one.
    #[must_use]
    pub fn errors(mut self, errors: &FormErrors) -> Self {
        self.error = errors.for_field(&self.name).map(str::to_owned);
        self
    }

    /// What the browser may fill in (`username`, `current-password`, `one-time-code`, `name`, `tel`, …).
    #[must_use]
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = Some(token);
        self
    }

    /// A unit or currency shown behind the input.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Any other attribute of the control: `maxlength`, `pattern`, `data-key`, `hx-…`. Not `style`, not `on…`.
    #[must_use]
    pub fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if name != "style" && !name.starts_with("on") {
            self.more.push((name, value.into()));
        }
        self
    }

    fn id(&self) -> String {
        format!("field-{}", self.name)
    }

    fn value_of(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    fn described_by(&self) -> Option<String> {
        let mut ids = Vec::new();
        if self.hint.is_some() {
            ids.push(format!("{}-hint", self.id()));
        }
        if self.error.is_some() {
            ids.push(format!("{}-error", self.id()));
        }
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    /// Attributes whose names the caller chose cannot be written in the macro, so they are put in behind the tag name.
    fn with_more(&self, tag: &str, control: Markup) -> Markup {
        let mut more = String::new();
        for (name, value) in &self.more {
            let value = html! { (value) }.into_string().replace('"', "&quot;");
            more.push_str(&format!(" {name}=\"{value}\""));
        }
        maud::PreEscaped(control.into_string().replacen(&format!("<{tag}"), &format!("<{tag}{more}"), 1))
    }

    fn control(&self) -> Markup {
        let wrong = self.error.is_some().then_some("true");
        match &self.kind {
            Kind::TextArea(rows) => self.with_more(
                "textarea",
                html! {
                    textarea class="form-control" id=(self.id()) name=(self.name) rows=(rows) required[self.required]
                        aria-invalid=[wrong] aria-describedby=[self.described_by()] { (self.value_of()) }
                },
            ),
            Kind::Select(choices) => self.with_more(
                "select",
                html! {
                    select class="form-select" id=(self.id()) name=(self.name) required[self.required]
                        autocomplete=[self.autocomplete] aria-invalid=[wrong] aria-describedby=[self.described_by()] {
                        @if !self.required || self.value_of().is_empty() { option value="" { "—" } }
                        @for choice in choices {
                            option value=(choice.value) selected[choice.value == self.value_of()] { (choice.label) }
                        }
                    }
                },
            ),
            Kind::Input(input_type) => {
                let sends_value = !matches!(*input_type, "file" | "password");
                let input = self.with_more("input", html! {
                    input class="form-control" type=(input_type) id=(self.id()) name=(self.name)
                        value=[sends_value.then(|| self.value_of())] required[self.required]
                        autocomplete=[self.autocomplete] aria-invalid=[wrong] aria-describedby=[self.described_by()];
                });
                html! {
                    @if let Some(unit) = &self.unit {
                        div class="ts-unit" { (input) span aria-hidden="true" { (unit) } }
                    } @else { (input) }
                }
            }
            Kind::Checkbox | Kind::Radios(_) | Kind::Checks(_) => html! {},
        }
    }

    fn notes(&self) -> Markup {
        html! {
            @if let Some(hint) = &self.hint { p class="ts-hint" id={ (self.id()) "-hint" } { (hint) } }
            @if let Some(error) = &self.error {
                p class="ts-error" id={ (self.id()) "-error" } { (icon("alert-circle")) (error) }
            }
        }
    }

    fn group(&self, choices: &[Choice], input_type: &str) -> Markup {
        html! {
            fieldset class={ "ts-field" @if self.error.is_some() { " ts-wrong" } } id=(self.id())
                aria-describedby=[self.described_by()] {
                legend { (self.label) @if self.needs_optional_word() { span class="ts-optional" { (self.optional_word) } } }
                (self.notes())
                div class="ts-choices" {
                    @for choice in choices {
                        label class="ts-choice" {
                            input class="form-check-input" type=(input_type) name=(self.name) value=(choice.value)
                                checked[self.values.contains(&choice.value)]
                                required[self.required && input_type == "radio"];
                            span {
                                span class="ts-choice-label" { (choice.label) }
                                @if let Some(hint) = &choice.hint { span class="ts-choice-hint" { (hint) } }
                            }
                        }
                    }
                }
            }
        }
    }

    fn needs_optional_word(&self) -> bool {
        !self.required && !matches!(self.kind, Kind::Checkbox)
    }
}

impl Render for Field {
    fn render(&self) -> Markup {
        match &self.kind {
            Kind::Radios(choices) => return self.group(choices, "radio"),
            Kind::Checks(choices) => return self.group(choices, "checkbox"),
            _ => {}
        }
        let class = if self.error.is_some() { "ts-field ts-wrong" } else { "ts-field" };
        if matches!(self.kind, Kind::Checkbox) {
            return html! {
                div class=(class) {
                    label class="ts-checkbox" {
                        (self.with_more("input", html! {
                            input class="form-check-input" type="checkbox" id=(self.id()) name=(self.name) value="true"
                                checked[self.value_of() == "true"] required[self.required]
                                aria-describedby=[self.described_by()];
                        }))
                        span { (self.label) }
                    }
                    (self.notes())
                }
            };
        }
        html! {
            div class=(class) {
                label for=(self.id()) {
                    (self.label) @if self.needs_optional_word() { span class="ts-optional" { (self.optional_word) } }
                }
                @if let Some(hint) = &self.hint { p class="ts-hint" id={ (self.id()) "-hint" } { (hint) } }
                (self.control())
                @if let Some(error) = &self.error {
                    p class="ts-error" id={ (self.id()) "-error" } { (icon("alert-circle")) (error) }
                }
            }
        }
    }
}
