//! The operator's own brand rows, beside the starter rows of the pack.

use super::Brand;
use crate::store;
use ground::limits::LINE_CHARS_MAX;
use ground::{Fault, Problem};
use kernel::{Act, Actor, Kernel, Permission, Result};

/// Name of the bank in the table of revisions.
pub(crate) const BANK: &str = "brands";
/// Own brands at most.
pub const BRANDS_MAX: u64 = 50_000;
/// Aliases and categories of a brand at most.
const PARTS_MAX: usize = 50;

/// What a new brand starts from.
#[derive(Debug, Clone, Default)]
pub struct NewBrand {
    /// Market.
    pub market: String,
    /// Name as the owner writes it, at least two characters.
    pub name: String,
    /// Other ways of writing it.
    pub aliases: Vec<String>,
    /// Who owns it; empty: not known.
    pub owner: String,
    /// Categories where the name means the brand; empty: everywhere.
    pub categories: Vec<String>,
    /// Whether others need the owner's authorisation.
    pub authorisation_required: bool,
}

/// A brand in the list of the console: the pack's or the operator's.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Id; of the pack's rows their row id.
    pub id: String,
    /// Market.
    pub market: String,
    /// Names, the first is shown.
    pub names: Vec<String>,
    /// Owners.
    pub owners: Vec<String>,
    /// Categories.
    pub categories: Vec<String>,
    /// Whether others need an authorisation.
    pub authorisation_required: bool,
    /// Whether it is a row of the policy pack.
    pub from_pack: bool,
}

/// The brands of a market, the operator's own first.
///
/// # Errors
/// `forbidden`, `listing_market`.
pub async fn list(kernel: &Kernel, actor: &Actor, market: &str) -> Result<Vec<Listed>> {
    actor.require(Permission::ListingsRead)?;
    let own = store::banks::all_brands(kernel.db().read(), BRANDS_MAX).await?;
    let mut listed: Vec<Listed> = own
        .into_iter()
        .filter(|brand| brand.market == market && brand.active)
        .map(|brand| Listed {
            names: std::iter::once(brand.name).chain(brand.aliases).collect(),
            owners: Some(brand.owner).filter(|owner| !owner.is_empty()).into_iter().collect(),
            id: brand.id,
            market: brand.market,
            categories: brand.categories,
            authorisation_required: brand.authorisation_required,
            from_pack: false,
        })
        .collect();
    let packs = kernel.packs();
    let pack = packs.market(market).map_err(|_| crate::Error::Market { market: market.to_owned() })?;
    let rows = pack
        .rows_at::<screening::brand::BrandRow>(kernel.today())
        .map_err(|diagnostics| crate::Error::Rules { market: market.to_owned(), reason: diagnostics.to_string() })?;
    listed.extend(rows.iter().map(|row| {
        let mut names = vec![row.body.name.zh.clone()];
        names.extend(Some(row.body.name.en.clone()).filter(|name| *name != row.body.name.zh));
        names.extend(row.body.aliases.iter().cloned());
        Listed {
            id: row.id.clone(),
            market: market.to_owned(),
            names,
            owners: row.body.owners.clone(),
            categories: row.body.categories.clone(),
            authorisation_required: row.body.authorisation,
            from_pack: true,
        }
    }));
    Ok(listed)
}

/// Adds a brand: act `bank.brand_added`.
///
/// # Errors
/// `forbidden`, `invalid_input`, `listing_market`, `stale` when the market has that brand.
pub async fn add(kernel: &Kernel, actor: &Actor, new: NewBrand) -> Result<Brand> {
    actor.require(Permission::ListingsDecide)?;
    crate::versions::known_market(kernel, &new.market)?;
    let tidy = |parts: Vec<String>| -> Vec<String> {
        parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).take(PARTS_MAX).collect()
    };
    let name = new.name.trim().to_owned();
    let (aliases, categories) = (tidy(new.aliases), tidy(new.categories));
    let mut faults = Vec::new();
    if screening::names::key(&name).chars().count() < 2 || name.chars().count() > 100 {
        faults.push(Fault::field("name", "listings-fault-brand-name"));
    }
    if aliases.iter().chain(&categories).chain([&new.owner]).any(|text| text.chars().count() > LINE_CHARS_MAX.min(150))
    {
        faults.push(Fault::field("aliases", "listings-fault-too-long").arg("there", "").arg("most", 150));
    }
    Problem::check(faults)?;
    let mut write = kernel.begin(actor).await?;
    let id = write.new_id();
    let act = Act::new("bank.brand_added", "brand", &id)
        .public("market", new.market.as_str())
        .public("name", name.as_str())
        .public("authorisation_required", new.authorisation_required);
    let act_id = write.act(act).await?;
    let brand = Brand {
        id,
        market: new.market,
        name,
        aliases,
        owner: new.owner.trim().to_owned(),
        categories,
        authorisation_required: new.authorisation_required,
        active: true,
        created_at: write.now(),
        act_id,
    };
    store::banks::add_brand(write.tx(), &brand).await?;
    store::banks::touch(write.tx(), BANK, &write.new_id()).await?;
    write.commit().await?;
    Ok(brand)
}

/// Takes an own brand out: act `bank.brand_removed`. Rows of the pack are changed with the policy.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn remove(kernel: &Kernel, actor: &Actor, id: &str) -> Result<()> {
    actor.require(Permission::ListingsDecide)?;
    let mut write = kernel.begin(actor).await?;
    let brand = store::banks::brand(write.tx(), id).await?.ok_or_else(Problem::not_found)?;
    write
        .act(Act::new("bank.brand_removed", "brand", id).public("market", brand.market).public("name", brand.name))
        .await?;
    store::banks::remove_brand(write.tx(), id).await?;
    store::banks::touch(write.tx(), BANK, &write.new_id()).await?;
    write.commit().await?;
    Ok(())
}

/// The operator's own brands of a market as the engine wants them, and the revision they are of.
pub(crate) async fn own(kernel: &Kernel, market: &str) -> Result<Vec<screening::brand::Brand>> {
    let all = store::banks::all_brands(kernel.db().read(), BRANDS_MAX).await?;
    let own = all.into_iter().filter(|brand| brand.market == market && brand.active);
    Ok(own
        .map(|brand| screening::brand::Brand {
            id: brand.id,
            names: std::iter::once(brand.name).chain(brand.aliases).collect(),
            categories: brand.categories,
            owners: Some(brand.owner).filter(|owner| !owner.is_empty()).into_iter().collect(),
            authorisation: brand.authorisation_required,
        })
        .collect())
}
