//! What other duties ask: may this merchant sell this, on which papers, and what is it called.
//!
//! These functions check nobody's permission: they answer the product itself. What a person sees goes through
//! [`crate::get`], [`crate::list`] and the page functions.

use crate::matrix::Matrix;
use crate::model::{BrandAuthorisation, Merchant, Qualification, State};
use crate::rules::{self, Coverage};
use crate::{Error, store};
use jiff::civil::Date;
use kernel::Kernel;
use std::collections::HashMap;
use std::sync::Arc;

/// Where a merchant stands, with everything [`Standing::covers`] needs.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Whose.
    pub merchant_id: String,
    /// Its state.
    pub state: State,
    /// Legal name: the name papers must bear.
    pub name: String,
    /// Name of the shop.
    pub shop_name: String,
    /// Register number.
    pub uscc: String,
    /// Market.
    pub market: String,
    /// Categories it is enrolled for.
    pub categories: Vec<String>,
    /// All its papers, newest first, every state.
    pub qualifications: Vec<Qualification>,
    matrix: Arc<Matrix>,
}

impl Standing {
    /// Whether it may sell at all: enrolled, not suspended, closed or banned.
    pub fn may_sell(&self) -> bool {
        self.state == State::Enrolled
    }

    /// Whether its papers cover a category on a day, and what is wanting if not.
    pub fn covers(&self, category: &str, date: Date) -> Coverage {
        rules::coverage(&self.matrix, &self.qualifications, category, date)
    }

    /// The requirements it was held to.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }
}

/// Where a merchant stands now; `None` when there is no such merchant.
///
/// # Errors
/// What the store says; `merchant_market_unknown`.
pub async fn standing(kernel: &Kernel, merchant_id: &str) -> Result<Option<Standing>, Error> {
    let db = kernel.db().read();
    let Some(merchant) = store::merchant(db, merchant_id).await? else {
        return Ok(None);
    };
    let qualifications = store::qualifications_of(db, merchant_id).await?;
    let matrix = Matrix::of(kernel, &merchant.market)?;
    Ok(Some(stand(merchant, qualifications, matrix)))
}

fn stand(merchant: Merchant, qualifications: Vec<Qualification>, matrix: Arc<Matrix>) -> Standing {
    Standing {
        merchant_id: merchant.id,
        state: merchant.state,
        name: merchant.company.legal_name,
        shop_name: merchant.company.shop_name,
        uscc: merchant.company.uscc,
        market: merchant.market,
        categories: merchant.categories,
        qualifications,
        matrix,
    }
}

/// The names of merchants by id, for tables: the shop's name, or the legal name. Unknown ids are left out.
///
/// # Errors
/// What the store says.
pub async fn directory(kernel: &Kernel, ids: &[String]) -> Result<HashMap<String, String>, Error> {
    store::names(kernel.db().read(), ids).await
}

/// The merchant of a register number: the live one, else the newest.
///
/// # Errors
/// What the store says.
pub async fn find_by_uscc(kernel: &Kernel, uscc: &str) -> Result<Option<Merchant>, Error> {
    store::merchant_by_uscc(kernel.db().read(), &uscc.trim().to_uppercase()).await
}

/// All brand authorisations of a merchant in every state; see [`BrandAuthorisation::holds_on`].
///
/// # Errors
/// What the store says.
pub async fn brand_authorisations(kernel: &Kernel, merchant_id: &str) -> Result<Vec<BrandAuthorisation>, Error> {
    store::brands_of(kernel.db().read(), merchant_id).await
}
