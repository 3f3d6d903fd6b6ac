//! Enrolment step by step: company, categories, papers, contacts, review. Each step saves itself; it works without a
//! script; what is wrong is said at its field. The same steps change an enrolled merchant's file.

use super::parts::refused;
use super::wizard_steps::{self as steps, CategoriesForm, CompanyForm, ContactsForm};
use crate::matrix::Matrix;
use crate::model::{Finding, Merchant, Qualification, State as MerchantState};
use crate::{Change, Error, rules};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::{Actor, Kernel};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use ui::parts::{FormErrors, PageHeader, Step as Mark, StepState, Stepper, card};
use ui::{View, shell};
use web::{Cx, Failure, Form, Signed, Site};

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Company,
    Categories,
    Papers,
    Contacts,
    Review,
}

impl Step {
    const ALL: [Step; 5] = [Step::Company, Step::Categories, Step::Papers, Step::Contacts, Step::Review];

    pub(super) fn name(self) -> &'static str {
        match self {
            Step::Company => "company",
            Step::Categories => "categories",
            Step::Papers => "qualifications",
            Step::Contacts => "contacts",
            Step::Review => "review",
        }
    }

    fn next(self) -> Step {
        let place = Step::ALL.iter().position(|step| *step == self).unwrap_or(0);
        Step::ALL.get(place + 1).copied().unwrap_or(Step::Review)
    }

    pub(super) fn path(self) -> String {
        format!("/merchant/enrol/{}", self.name())
    }

    /// Whether a finding belongs to this step.
    fn holds(self, finding: &Finding) -> bool {
        let fields: &[&str] = match self {
            Step::Company => &["uscc", "legal_name", "representative", "representative_id", "address"],
            Step::Categories => &["categories"],
            Step::Contacts => {
                &["contact_name", "phone", "email", "bank_name", "bank_holder", "bank_account", "return_address"]
            }
            Step::Papers | Step::Review => &[],
        };
        match self {
            Step::Papers => finding.qualification.is_some() || finding.field == "qualifications",
            _ => finding.qualification.is_none() && fields.contains(&finding.field.as_str()),
        }
    }
}

/// What the wizard stands on.
pub(super) struct Draft {
    /// The file; `None` before the first step is saved.
    pub merchant: Option<Merchant>,
    pub matrix: Arc<Matrix>,
    pub markets: Vec<String>,
    pub qualifications: Vec<Qualification>,
    pub findings: Vec<Finding>,
    pub today: jiff::civil::Date,
    pub actor: Actor,
}

impl Draft {
    pub(super) fn version(&self) -> i64 {
        self.merchant.as_ref().map_or(0, |merchant| merchant.version)
    }

    fn is_done(&self, step: Step) -> bool {
        let blocking = |f: &&Finding| f.weight == crate::Weight::Blocking;
        match step {
            Step::Review => self.merchant.as_ref().is_some_and(|m| !rules::is_open_for_writing(m.state)),
            Step::Papers if self.merchant.as_ref().is_none_or(|merchant| merchant.categories.is_empty()) => false,
            _ => self.merchant.is_some() && !self.findings.iter().filter(blocking).any(|finding| step.holds(finding)),
        }
    }
}

async fn load(kernel: &Kernel, actor: &Actor) -> Result<Draft, Error> {
    let merchant = crate::own(kernel, actor).await?;
    let market = merchant.as_ref().map_or(policy::packs::HOME_MARKET, |merchant| merchant.market.as_str());
    let matrix = Matrix::of(kernel, market)?;
    let (mut qualifications, mut findings) = (Vec::new(), Vec::new());
    if let Some(merchant) = &merchant {
        qualifications = crate::qualifications(kernel, actor, &merchant.id).await?;
        findings = crate::read::preview(kernel, actor, &merchant.id).await?;
    }
    let markets = kernel.packs().markets().map(str::to_owned).collect();
    Ok(Draft { merchant, matrix, markets, qualifications, findings, today: kernel.today(), actor: actor.clone() })
}

/// To the first step that is not done.
pub(crate) async fn start(State(site): State<Site>, Signed(actor): Signed) -> Result<Response, Failure> {
    let draft = load(site.kernel(), &actor).await?;
    let step = Step::ALL.into_iter().find(|step| !draft.is_done(*step)).unwrap_or(Step::Company);
    Ok(web::redirect(&step.path()).into_response())
}

macro_rules! shown {
    ($($(#[$about:meta])* $name:ident = $step:expr),+ $(,)?) => {
        $($(#[$about])*
        pub(crate) async fn $name(site: State<Site>, signed: Signed, cx: Cx) -> Result<Response, Failure> {
            show($step, site, signed, cx).await
        })+
    };
}

shown! {
    /// The step of the company.
    show_company = Step::Company,
    /// The step of the categories.
    show_categories = Step::Categories,
    /// The step of the papers.
    show_papers = Step::Papers,
    /// The step of contacts, bank and return addresses.
    show_contacts = Step::Contacts,
    /// The last step.
    show_review = Step::Review,
}

async fn show(step: Step, State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Response, Failure> {
    let draft = load(site.kernel(), &actor).await?;
    if draft.merchant.is_none() && step != Step::Company {
        return Ok(web::redirect(&Step::Company.path()).into_response());
    }
    let body = match step {
        Step::Company => steps::company(&cx, &draft, &CompanyForm::of(&draft), &FormErrors::none()),
        Step::Categories => steps::categories(&cx, &draft, &CategoriesForm::of(&draft), &FormErrors::none()),
        Step::Papers => steps::papers(&cx, &draft),
        Step::Contacts => steps::contacts(&cx, &draft, &ContactsForm::of(&draft), &FormErrors::none()),
        Step::Review => steps::review(&cx, &draft),
    };
    Ok(frame(&cx, &draft, step, &FormErrors::none(), body).into_response())
}

fn frame(cx: &View, draft: &Draft, here: Step, errors: &FormErrors, body: Markup) -> Markup {
    let mut stepper = Stepper::new(cx, cx.t("merchants-enrolment"));
    for step in Step::ALL {
        let state = match (step == here, draft.is_done(step)) {
            (true, _) => StepState::Current,
            (false, true) => StepState::Done,
            (false, false) => StepState::Next,
        };
        stepper = stepper.step(Mark::new(cx.t(&format!("merchants-enrol-{}", step.name())), state));
    }
    let title = cx.t(&format!("merchants-enrol-{}", here.name()));
    let links = Step::ALL.map(|step| (cx.t(&format!("merchants-enrol-{}", step.name())), step.path(), None));
    shell::merchant(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, cx.t("merchants-enrolment")).back(cx.t("merchants-home"), "/merchant"))
            (stepper)
            @if draft.merchant.is_some() { (ui::parts::tabs(cx, &cx.t("merchants-enrolment"), &links)) }
            (errors)
            (card(&title, body))
        },
    )
}

/// Saves a step; a refused one is shown again as it was typed.
async fn save(
    (kernel, actor, cx): (&Kernel, &Actor, &View),
    step: Step,
    version: i64,
    market: &str,
    change: Change,
    again: impl FnOnce(&Draft, &FormErrors) -> Markup,
) -> Result<Response, Failure> {
    let result = match crate::own(kernel, actor).await? {
        None => crate::create(kernel, actor, market, change).await,
        Some(merchant) => crate::update(kernel, actor, &merchant.id, version, change).await,
    };
    match result {
        Ok(merchant) => {
            let to =
                if rules::is_open_for_writing(merchant.state) { step.next().path() } else { "/merchant".to_owned() };
            Ok(web::redirect_with_flash(&to, "merchants-saved").into_response())
        }
        Err(error) => {
            let draft = load(kernel, actor).await?;
            refused(cx, &draft.matrix, error, |errors| frame(cx, &draft, step, errors, again(&draft, errors)))
        }
    }
}

/// Saves the company.
pub(crate) async fn save_company(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<CompanyForm>,
) -> Result<Response, Failure> {
    let change = Change { company: Some(form.company()), complete: true, ..Change::default() };
    let market = if form.market.is_empty() { policy::packs::HOME_MARKET.to_owned() } else { form.market.clone() };
    let again = |draft: &Draft, errors: &FormErrors| steps::company(&cx, draft, &form, errors);
    save((site.kernel(), &actor, &cx), Step::Company, form.version, &market, change, again).await
}

/// Saves the categories.
pub(crate) async fn save_categories(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<CategoriesForm>,
) -> Result<Response, Failure> {
    let change = Change { categories: Some(form.categories.clone()), complete: true, ..Change::default() };
    let again = |draft: &Draft, errors: &FormErrors| steps::categories(&cx, draft, &form, errors);
    save((site.kernel(), &actor, &cx), Step::Categories, form.version, "", change, again).await
}

/// Saves the contacts.
pub(crate) async fn save_contacts(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<ContactsForm>,
) -> Result<Response, Failure> {
    let devices =
        crate::own(site.kernel(), &actor).await?.map(|merchant| merchant.contacts.devices).unwrap_or_default();
    let change = Change { contacts: Some(form.contacts(devices)), complete: true, ..Change::default() };
    let again = |draft: &Draft, errors: &FormErrors| steps::contacts(&cx, draft, &form, errors);
    save((site.kernel(), &actor, &cx), Step::Contacts, form.version, "", change, again).await
}

/// The version that was read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SubmitForm {
    version: i64,
}

/// Hands the file in.
pub(crate) async fn submit(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<SubmitForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let id = actor.own_organisation()?.to_owned();
    match crate::submit(kernel, &actor, &id, form.version).await {
        Ok(merchant) => {
            let said = if merchant.state == MerchantState::Refused {
                "merchants-refused-at-once"
            } else {
                "merchants-handed-in"
            };
            Ok(web::redirect_with_flash("/merchant", said).into_response())
        }
        Err(error) => {
            let draft = load(kernel, &actor).await?;
            refused(&cx, &draft.matrix, error, |errors| {
                frame(&cx, &draft, Step::Review, errors, steps::review(&cx, &draft))
            })
        }
    }
}
