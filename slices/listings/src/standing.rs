//! What `merchants` says about a merchant, in the words of this slice.

use ground::Problem;
use kernel::{Kernel, Result};

/// Whether a merchant may sell a category in a market, and if not, why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether goods of the category may be on sale.
    pub may_sell: bool,
    /// Reasons when not, as stable codes or kinds of missing qualifications.
    pub missing: Vec<String>,
    /// Name of the merchant.
    pub name: String,
    /// Its Unified Social Credit Code.
    pub uscc: String,
    /// Its papers that hold today, and its brand authorisations, as documents beside a listing's own.
    pub papers: Vec<screening::DocumentInput>,
    /// The qualifications a listing of the category rests on.
    pub rests_on: Vec<String>,
}

/// The standing of a merchant for a category today. An unknown merchant may sell nothing.
///
/// # Errors
/// What the store says.
pub async fn of(kernel: &Kernel, merchant_id: &str, market: &str, category: &str) -> Result<Standing> {
    let Some(merchant) = merchants::standing(kernel, merchant_id).await? else {
        return Ok(Standing { missing: vec!["merchant".to_owned()], ..Standing::default() });
    };
    let today = kernel.today();
    let coverage = merchant.covers(category, today);
    let mut missing = Vec::new();
    if !merchant.may_sell() {
        missing.push(format!("merchant-{}", merchant.state.name()));
    }
    if merchant.market != market {
        missing.push("market".to_owned());
    }
    if !merchant.categories.iter().any(|scope| within(category, scope)) {
        missing.push("category".to_owned());
    }
    missing.extend(coverage.missing.iter().chain(&coverage.expired).chain(&coverage.waiting).cloned());
    missing.dedup();
    let papers = papers(kernel, &merchant, today).await?;
    Ok(Standing {
        may_sell: missing.is_empty(),
        missing,
        name: merchant.name.clone(),
        uscc: merchant.uscc.clone(),
        papers,
        rests_on: coverage.rests_on,
    })
}

fn within(category: &str, scope: &str) -> bool {
    category == scope || category.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/'))
}

async fn papers(
    kernel: &Kernel,
    merchant: &merchants::Standing,
    today: jiff::civil::Date,
) -> Result<Vec<screening::DocumentInput>> {
    let day = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let holds = |paper: &&merchants::Qualification| {
        paper.state == merchants::QualificationState::Verified
            && paper.valid_from.is_none_or(|from| from <= today)
            && paper.valid_until.is_none_or(|until| until >= today)
    };
    let mut papers: Vec<screening::DocumentInput> = merchant
        .qualifications
        .iter()
        .filter(holds)
        .map(|paper| screening::DocumentInput {
            kind: paper.kind.clone(),
            number: paper.number.clone(),
            holder: paper.holder.clone(),
            issuer: paper.issuer.clone(),
            from: day(paper.valid_from),
            until: day(paper.valid_until),
            ..screening::DocumentInput::default()
        })
        .collect();
    let authorisations = merchants::brand_authorisations(kernel, &merchant.merchant_id).await?;
    papers.extend(authorisations.iter().filter(|one| one.holds_on(today)).map(|one| screening::DocumentInput {
        kind: "brand-authorisation".to_owned(),
        number: one.trademark_number.clone(),
        holder: merchant.name.clone(),
        brand: one.brand.clone(),
        issuer: one.trademark_owner.clone(),
        until: day(one.trademark_until),
        ..screening::DocumentInput::default()
    }));
    Ok(papers)
}

/// Refuses a merchant that does not exist.
///
/// # Errors
/// `invalid_input` naming `merchant_id`.
pub async fn exists(kernel: &Kernel, merchant_id: &str) -> Result<()> {
    match merchants::standing(kernel, merchant_id).await? {
        Some(_) => Ok(()),
        None => Err(Problem::invalid_field("merchant_id", "listings-fault-merchant")),
    }
}
