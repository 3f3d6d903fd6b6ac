//! One policy pack on one date, compiled for all checks.

use jiff::civil::Date;
use policy::{Diagnostics, Pack, Tables};

use crate::brand::{BrandBank, BrandRules};
use crate::categories::Categories;
use crate::change::ChangeRules;
use crate::claims::ClaimRules;
use crate::decision::DecisionRules;
use crate::documents::DocumentRules;
use crate::finding::PackVersion;
use crate::form::FormRules;
use crate::images::ImageRules;
use crate::price::PriceRules;
use crate::recalls::RecallRules;

/// Everything `screen` needs of a pack. Compile once per pack version and date, share behind an `Arc`.
#[derive(Debug)]
pub struct Rules {
    pub market: String,
    pub date: Date,
    pub pack: PackVersion,
    pub categories: Categories,
    pub form: FormRules,
    pub claims: ClaimRules,
    pub documents: DocumentRules,
    pub images: ImageRules,
    pub price: PriceRules,
    pub brand: BrandRules,
    /// The pack's brands; a shop may add its own.
    pub brands: BrandBank,
    pub recalls: RecallRules,
    pub change: ChangeRules,
    pub decision: DecisionRules,
}

impl Rules {
    /// Compiles the rows in force on `date`.
    ///
    /// # Errors
    /// [`Diagnostics`] with file, line, column and row of everything that is wrong.
    pub fn compile(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        Ok(Self {
            market: pack.market().to_owned(),
            date,
            pack: PackVersion { pack: pack.market().to_owned(), version: pack.version().to_owned() },
            categories: Categories::from_pack(pack, date)?,
            form: FormRules::compile(pack, date)?,
            claims: ClaimRules::compile(pack, date)?,
            documents: DocumentRules::from_pack(pack, date)?,
            images: ImageRules::from_pack(pack, date)?,
            price: PriceRules::from_pack(pack, date)?,
            brand: BrandRules::from_pack(pack, date)?,
            brands: BrandBank::from_pack(pack, date)?,
            recalls: RecallRules::from_pack(pack, date)?,
            change: ChangeRules::compile(pack, date)?,
            decision: DecisionRules::compile(pack, date)?,
        })
    }
}

/// Declares this crate's tables, for `policy check`, `policy test` and the console.
pub fn tables(tables: &mut Tables) {
    tables
        .with_tests::<crate::claims::rows::Claim>(crate::claims::run_tests)
        .with::<crate::claims::rows::Group>()
        .with::<crate::claims::rows::ExemptionColumns>()
        .with::<crate::form::FormRow>()
        .with::<crate::change::ChangeRow>()
        .with::<crate::decision::DecisionRow>()
        .with::<crate::categories::CategoryRow>()
        .with_tests::<crate::qualifications::QualificationRow>(crate::qualifications::run_tests)
        .with::<crate::documents::NeedRow>()
        .with::<crate::documents::DocumentRow>()
        .with::<crate::images::ImageRow>()
        .with::<crate::price::PriceRow>()
        .with::<crate::brand::BrandRow>()
        .with::<crate::brand::BrandCheckRow>()
        .with::<crate::recalls::RecallRow>();
}
