//! The lots of `trace`, as this duty sees them.

use crate::Error;
use gs1::Gtin;
use kernel::Kernel;

/// A lot a report can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LotBrief {
    pub id: String,
    pub merchant_id: String,
    pub gtin: String,
    pub number: String,
    pub product: String,
}

/// The lot of a GTIN (8, 12, 13 or 14 digits) and a lot number. Where several merchants entered the same one, that of
/// `merchant`, else the one everybody is shown.
///
/// # Errors
/// `invalid_input` naming the field that is wrong: a GTIN with a wrong check digit, a lot nobody entered.
pub(crate) async fn find(kernel: &Kernel, gtin: &str, number: &str, merchant: Option<&str>) -> Result<LotBrief, Error> {
    let gtin: Gtin = gtin.trim().parse().map_err(|_| Error::field("gtin", "reports-fault-gtin"))?;
    let number = number.trim();
    let all = trace::lots_numbered(kernel, &gtin, number).await.map_err(ground::Problem::from)?;
    let own = all.into_iter().find(|lot| merchant == Some(&lot.merchant_id));
    let lot = match own {
        Some(lot) => lot,
        None => {
            let shown = trace::public_lot(kernel, &gtin, number).await.map_err(ground::Problem::from)?;
            shown.ok_or(Error::field("lot_number", "reports-fault-lot"))?
        }
    };
    Ok(LotBrief {
        id: lot.id,
        merchant_id: lot.merchant_id,
        gtin: lot.gtin.as_str().to_owned(),
        number: lot.number,
        product: lot.product,
    })
}
